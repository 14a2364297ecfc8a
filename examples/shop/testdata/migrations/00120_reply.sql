-- +goose Up
-- A column with a default, and a foreign key to the table itself.
SET LOCAL ROLE shop_owner;

LOCK TABLE api.reviews;
ALTER TABLE private.product_reviews ADD COLUMN reply_to bigint CONSTRAINT reviews_reply REFERENCES private.product_reviews,
    ADD COLUMN written_at timestamptz NOT NULL DEFAULT now();
CREATE OR REPLACE VIEW api.reviews AS SELECT id, title, rating, rating AS stars, state, customer_id, product_id, reply_to, written_at
FROM private.product_reviews WHERE state IS DISTINCT FROM 'hidden' WITH CHECK OPTION;
COMMENT ON VIEW api.reviews IS 'after 00120';

RESET ROLE;
NOTIFY pgrst, 'reload schema';
