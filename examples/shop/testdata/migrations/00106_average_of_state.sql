-- +goose Up
-- A function's signature changes: one more parameter, with a default.
SET LOCAL ROLE shop_owner;

DROP FUNCTION api.average_stars(bigint);
-- +goose StatementBegin
CREATE FUNCTION api.average_stars(product bigint, state api.review_state DEFAULT NULL) RETURNS numeric LANGUAGE sql STABLE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT coalesce(avg(rating), 0) FROM private.reviews AS r
    WHERE product_id = product AND (average_stars.state IS NULL OR r.state = average_stars.state);
END;
-- +goose StatementEnd
GRANT EXECUTE ON FUNCTION api.average_stars TO shop_anon, shop_operator;
COMMENT ON VIEW api.reviews IS 'after 00106';

RESET ROLE;
NOTIFY pgrst, 'reload schema';
