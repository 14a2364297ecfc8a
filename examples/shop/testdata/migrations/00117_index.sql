-- +goose Up
-- An index and a constraint on several columns.
SET LOCAL ROLE shop_owner;

LOCK TABLE api.reviews;
CREATE INDEX reviews_product ON private.reviews (product_id);
ALTER TABLE private.reviews ADD CONSTRAINT reviews_of_customer UNIQUE (customer_id, product_id, id);
COMMENT ON VIEW api.reviews IS 'after 00117';

RESET ROLE;
NOTIFY pgrst, 'reload schema';
