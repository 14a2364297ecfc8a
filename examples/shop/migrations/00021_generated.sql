-- +goose Up
-- The price with value-added tax, as a column that PostgreSQL computes when it is read. Clients
-- filter and order by it as by any other. A virtual column can't have an index in PostgreSQL 18,
-- but its expression can, and is what a filter on the column becomes.
SET LOCAL ROLE shop_owner;

-- +goose StatementBegin
DO $$
BEGIN
    IF current_setting('server_version_num')::int < 180000 THEN
        RAISE NOTICE 'PostgreSQL before 18 has no virtual generated columns: there is no products.price_with_tax';
        RETURN;
    END IF;
    -- The word VIRTUAL is a syntax error in older servers, so that the statement is a text.
    EXECUTE 'ALTER TABLE api.products
        ADD COLUMN price_with_tax numeric GENERATED ALWAYS AS (round(price * 1.19, 2)) VIRTUAL';
    CREATE INDEX products_price_with_tax ON api.products ((round(price * 1.19, 2)));
END
$$;
-- +goose StatementEnd

RESET ROLE;
NOTIFY pgrst, 'reload schema';
