-- +goose Up
-- One of its values, too.
SET LOCAL ROLE shop_owner;

LOCK TABLE api.reviews;
ALTER TYPE api.review_status RENAME VALUE 'shown' TO 'published';
COMMENT ON VIEW api.reviews IS 'after 00113';

RESET ROLE;
NOTIFY pgrst, 'reload schema';
