-- +goose Up
-- A column more in a table that is exposed itself.
SET LOCAL ROLE shop_owner;

ALTER TABLE api.products ADD COLUMN weight int CONSTRAINT products_weight CHECK (weight > 0);
COMMENT ON VIEW api.reviews IS 'after 00102';

RESET ROLE;
NOTIFY pgrst, 'reload schema';
