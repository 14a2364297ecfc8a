-- +goose Up
-- The enum gets another name.
SET LOCAL ROLE shop_owner;

LOCK TABLE api.reviews;
ALTER TYPE api.review_state RENAME TO review_status;
COMMENT ON VIEW api.reviews IS 'after 00112';

RESET ROLE;
NOTIFY pgrst, 'reload schema';
