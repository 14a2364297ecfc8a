-- +goose Up
-- A column more, in the table and at the end of the view.
SET LOCAL ROLE shop_owner;

LOCK TABLE api.reviews;
ALTER TABLE private.reviews ADD COLUMN author text NOT NULL DEFAULT 'anonymous';
CREATE OR REPLACE VIEW api.reviews AS SELECT id, product_id, title, stars, state, author FROM private.reviews;
COMMENT ON VIEW api.reviews IS 'after 00101';

RESET ROLE;
NOTIFY pgrst, 'reload schema';
