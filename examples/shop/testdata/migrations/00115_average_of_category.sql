-- +goose Up
-- A second function of the same name, told apart by its parameter.
SET LOCAL ROLE shop_owner;

-- +goose StatementBegin
CREATE FUNCTION api.average_stars(category text) RETURNS double precision LANGUAGE sql STABLE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT coalesce(avg(rating), 0)::double precision FROM private.reviews AS r JOIN api.products AS p ON p.id = r.product_id
    WHERE p.category = average_stars.category;
END;
-- +goose StatementEnd
GRANT EXECUTE ON FUNCTION api.average_stars(text) TO shop_anon, shop_operator;
COMMENT ON VIEW api.reviews IS 'after 00115';

RESET ROLE;
NOTIFY pgrst, 'reload schema';
