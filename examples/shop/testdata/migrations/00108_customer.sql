-- +goose Up
-- A foreign key more: reviews are embedded in customers from now on.
SET LOCAL ROLE shop_owner;

LOCK TABLE api.reviews;
ALTER TABLE private.reviews ADD COLUMN customer_id bigint CONSTRAINT reviews_customer REFERENCES api.customers;
CREATE OR REPLACE VIEW api.reviews AS SELECT id, product_id, title, rating AS stars, state, author, rating, customer_id FROM private.reviews;
COMMENT ON VIEW api.reviews IS 'after 00108';

RESET ROLE;
NOTIFY pgrst, 'reload schema';
