-- +goose Up
-- A column goes that nobody uses any more. The function of the view's rows is made again.
SET LOCAL ROLE shop_owner;

LOCK TABLE api.reviews;
DROP FUNCTION api.excerpt(api.reviews);
DROP VIEW api.reviews;
ALTER TABLE private.reviews DROP COLUMN author;
CREATE VIEW api.reviews AS SELECT id, title, rating, rating AS stars, state, customer_id, product_id
FROM private.reviews WHERE state IS DISTINCT FROM 'hidden' WITH CHECK OPTION;
GRANT SELECT, INSERT, UPDATE ON api.reviews TO shop_anon, shop_operator;
CREATE FUNCTION api.excerpt(review api.reviews) RETURNS text LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT left(review.title, 4) $$;
GRANT EXECUTE ON FUNCTION api.excerpt TO shop_anon, shop_operator;
COMMENT ON VIEW api.reviews IS 'after 00118';

RESET ROLE;
NOTIFY pgrst, 'reload schema';
