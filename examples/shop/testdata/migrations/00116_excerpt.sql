-- +goose Up
-- A computed field of the view's rows.
SET LOCAL ROLE shop_owner;

CREATE FUNCTION api.excerpt(review api.reviews) RETURNS text LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT left(review.title, 3) $$;
GRANT EXECUTE ON FUNCTION api.excerpt TO shop_anon, shop_operator;
COMMENT ON VIEW api.reviews IS 'after 00116';

RESET ROLE;
NOTIFY pgrst, 'reload schema';
