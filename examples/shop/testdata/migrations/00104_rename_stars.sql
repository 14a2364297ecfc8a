-- +goose Up
-- The table's column is renamed. The view goes on to call it as before, and the function means it still.
SET LOCAL ROLE shop_owner;

LOCK TABLE api.reviews;
ALTER TABLE private.reviews RENAME COLUMN stars TO rating;
COMMENT ON VIEW api.reviews IS 'after 00104';

RESET ROLE;
NOTIFY pgrst, 'reload schema';
