-- +goose Up
-- The enum grows. The new value may be used from the commit on.
SET LOCAL ROLE shop_owner;

ALTER TYPE api.review_state ADD VALUE 'hidden';
COMMENT ON VIEW api.reviews IS 'after 00103';

RESET ROLE;
NOTIFY pgrst, 'reload schema';
