-- +goose Up
-- Where River (https://riverqueue.com) has its jobs, for those who carry payments by it. The
-- worker makes its tables by itself, and owns them; authenticator enqueues jobs, within the
-- transactions of requests. Who migrates has to be able to become shop_payments for this.
CREATE SCHEMA river AUTHORIZATION shop_payments;

SET LOCAL ROLE shop_payments;
GRANT USAGE ON SCHEMA river TO authenticator;
ALTER DEFAULT PRIVILEGES IN SCHEMA river GRANT SELECT, INSERT, UPDATE ON TABLES TO authenticator;
ALTER DEFAULT PRIVILEGES IN SCHEMA river GRANT USAGE ON SEQUENCES TO authenticator;
RESET ROLE;

NOTIFY pgrst, 'reload schema';
