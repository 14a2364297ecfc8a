-- +goose Up
-- A column's type changes. A view depends on it, and is made again.
SET LOCAL ROLE shop_owner;

LOCK TABLE api.reviews;
DROP VIEW api.reviews;
ALTER TABLE private.reviews ALTER COLUMN title TYPE varchar(200);
CREATE VIEW api.reviews AS SELECT id, title, rating, rating AS stars, author, state, customer_id, product_id
FROM private.reviews WHERE state IS DISTINCT FROM 'hidden' WITH CHECK OPTION;
GRANT SELECT, INSERT, UPDATE ON api.reviews TO shop_anon, shop_operator;
COMMENT ON VIEW api.reviews IS 'after 00114';

RESET ROLE;
NOTIFY pgrst, 'reload schema';
