-- +goose Up
-- The view has the new name beside the old one, for a while.
SET LOCAL ROLE shop_owner;

LOCK TABLE api.reviews;
CREATE OR REPLACE VIEW api.reviews AS SELECT id, product_id, title, rating AS stars, state, author, rating FROM private.reviews;
COMMENT ON VIEW api.reviews IS 'after 00105';

RESET ROLE;
NOTIFY pgrst, 'reload schema';
