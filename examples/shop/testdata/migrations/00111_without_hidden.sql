-- +goose Up
-- The view gets a condition, which writes have to keep.
SET LOCAL ROLE shop_owner;

LOCK TABLE api.reviews;
CREATE OR REPLACE VIEW api.reviews AS SELECT id, title, rating, rating AS stars, author, state, customer_id, product_id
FROM private.reviews WHERE state IS DISTINCT FROM 'hidden' WITH CHECK OPTION;
COMMENT ON VIEW api.reviews IS 'after 00111';

RESET ROLE;
NOTIFY pgrst, 'reload schema';
