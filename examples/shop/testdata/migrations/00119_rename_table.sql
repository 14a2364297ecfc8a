-- +goose Up
-- The table behind the view gets another name, and what refers to it means it still.
SET LOCAL ROLE shop_owner;

LOCK TABLE api.reviews;
ALTER TABLE private.reviews RENAME TO product_reviews;
COMMENT ON VIEW api.reviews IS 'after 00119';

RESET ROLE;
NOTIFY pgrst, 'reload schema';
