-- +goose Up
-- The view is replaced by another, with its columns in another order.
SET LOCAL ROLE shop_owner;

LOCK TABLE api.reviews;
DROP VIEW api.reviews;
CREATE VIEW api.reviews AS SELECT id, title, rating, rating AS stars, author, state, customer_id, product_id FROM private.reviews;
GRANT SELECT, INSERT, UPDATE ON api.reviews TO shop_anon, shop_operator;
COMMENT ON VIEW api.reviews IS 'after 00110';

RESET ROLE;
NOTIFY pgrst, 'reload schema';
