-- +goose Up
-- What the worker calls, and what customers, operators and the provider see of payments.
SET LOCAL ROLE shop_owner;

-- Takes one answer over from net._http_response, and gives its payment; NULL if there is none.
-- One at a time: each has a transaction of its own, as short as can be. Several workers may call
-- it at the same time.
-- +goose StatementBegin
CREATE FUNCTION private.settle_next_answer() RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    answer record;
BEGIN
    SELECT r.request_id, r.payment_id, a.status_code, a.headers, a.content,
            CASE WHEN a.timed_out THEN 'no answer in time' ELSE a.error_msg END AS error
        INTO answer
        FROM private.payment_requests AS r JOIN net._http_response AS a ON a.id = r.request_id AND a.created >= r.sent_at
        ORDER BY r.request_id LIMIT 1 FOR UPDATE OF r SKIP LOCKED;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    DELETE FROM private.payment_requests WHERE request_id = answer.request_id;
    BEGIN
        PERFORM private.settle_payment(answer.payment_id, answer.status_code, answer.headers, answer.content, answer.error);
    EXCEPTION
        WHEN deadlock_detected OR serialization_failure OR lock_not_available THEN
            RAISE; -- the next call finds the answer again
        WHEN OTHERS THEN
            -- An answer that can't be taken must not keep those behind it waiting.
            PERFORM private.fail_payment(answer.payment_id, format('the answer can''t be taken: %s', SQLERRM));
    END;
    RETURN answer.payment_id;
END
$$;
-- +goose StatementEnd

-- Makes a dead letter of a payment.
CREATE FUNCTION private.fail_payment(payment bigint, message text) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    WITH failed AS (
        UPDATE private.payments SET state = 'failed', next_attempt_at = NULL, answer_due_at = NULL,
            last_error = message, updated_at = clock_timestamp()
        WHERE id = payment AND state = 'pending' RETURNING id, order_id
    ), told AS (
        UPDATE api.orders AS o SET payment = 'failed' FROM failed WHERE o.id = failed.order_id
    )
    INSERT INTO private.payment_events (payment_id, event, detail) SELECT id, 'failed', message FROM failed
$$;

-- Sends what is due, and gives how many those are: payments whose pause is over, and those that
-- were never sent, since the provider wasn't set or the carrier was another. A request that has
-- been picked up and whose answer doesn't come counts as an attempt: pg_net loses requests when
-- PostgreSQL crashes.
-- +goose StatementBegin
CREATE FUNCTION private.send_due_payments(how_many int) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    payment bigint;
    sent    int := 0;
BEGIN
    IF NOT EXISTS (SELECT FROM private.payment_provider WHERE carrier = 'outbox') THEN
        RETURN 0;
    END IF;
    DELETE FROM private.payment_requests AS r USING private.payments AS p
        WHERE r.sent_at < clock_timestamp() - interval '1 day' AND p.id = r.payment_id AND p.state <> 'pending';
    FOR payment IN
        SELECT p.id FROM private.payments AS p
        WHERE p.answer_due_at < clock_timestamp() AND NOT EXISTS (
            SELECT FROM private.payment_requests AS r WHERE r.payment_id = p.id AND (
                EXISTS (SELECT FROM net.http_request_queue AS q WHERE q.id = r.request_id)
                OR EXISTS (SELECT FROM net._http_response AS a WHERE a.id = r.request_id AND a.created >= r.sent_at)))
        LIMIT how_many FOR UPDATE SKIP LOCKED
    LOOP
        DELETE FROM private.payment_requests WHERE payment_id = payment;
        PERFORM private.settle_payment(payment, NULL, NULL, NULL, 'the request was lost');
    END LOOP;
    FOR payment IN
        SELECT p.id FROM private.payments AS p
        WHERE p.state = 'pending' AND p.answer_due_at IS NULL
            AND (p.next_attempt_at IS NULL OR p.next_attempt_at <= clock_timestamp())
        ORDER BY p.next_attempt_at NULLS FIRST LIMIT how_many FOR UPDATE SKIP LOCKED
    LOOP
        PERFORM private.send_payment(payment);
        sent := sent + 1;
    END LOOP;
    RETURN sent;
END
$$;
-- +goose StatementEnd

-- How long until a payment is due; NULL if none waits.
CREATE FUNCTION private.next_payment_in() RETURNS interval
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT min(next_attempt_at) - clock_timestamp() FROM private.payments WHERE state = 'pending' AND answer_due_at IS NULL
$$;

-- For River: the payments that this transaction asks for, and all that wait for an end.
CREATE FUNCTION private.payments_asked() RETURNS SETOF bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT id FROM private.payments WHERE asked_in = pg_current_xact_id() AND state = 'pending'
$$;
CREATE FUNCTION private.payments_pending() RETURNS SETOF bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT id FROM private.payments WHERE state = 'pending' ORDER BY id
$$;

GRANT USAGE ON SCHEMA private TO shop_payments, authenticator;
GRANT EXECUTE ON FUNCTION private.settle_next_answer, private.send_due_payments, private.next_payment_in,
    private.payment_call, private.settle_payment, private.payments_pending TO shop_payments;
GRANT EXECUTE ON FUNCTION private.payments_asked TO authenticator; -- the hook runs as the login role

-- Customers see the payments of their orders, and operators all: the dead letters are
-- /payments?state=eq.failed. What went wrong on the way is the operators' business; why a payment
-- was declined is the customer's, too.
CREATE VIEW api.payments WITH (security_barrier) AS
    SELECT p.id, p.order_id, p.amount, p.state, p.attempts,
        CASE WHEN p.state = 'declined' OR who.operator THEN p.last_error END AS last_error,
        p.next_attempt_at, p.updated_at
    FROM private.payments AS p
        JOIN api.orders AS o ON o.id = p.order_id
        CROSS JOIN (SELECT current_user = 'shop_operator' AS operator,
            (nullif(current_setting('request.jwt.claims', true), '')::json ->> 'sub')::bigint AS customer) AS who
    WHERE who.operator OR o.customer_id = who.customer;
COMMENT ON VIEW api.payments IS 'Each customer sees the payments of their own orders
An operator sees all. Those that failed wait for requeue_payment.';
GRANT SELECT ON api.payments TO shop_customer, shop_operator;

-- Has a dead letter tried again, with the same idempotency key: if an attempt did charge, and only
-- its answer was lost, the customer isn't charged again.
-- +goose StatementBegin
CREATE FUNCTION api.requeue_payment(payment bigint) RETURNS SETOF api.payments
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    p private.payments;
BEGIN
    SELECT * INTO p FROM private.payments WHERE id = payment FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'There is no payment %.', payment USING ERRCODE = 'PT404';
    ELSIF p.state <> 'failed' THEN
        RAISE EXCEPTION 'Payment % is %, and only one that failed is tried again.', payment, p.state USING ERRCODE = 'PT409';
    END IF;
    UPDATE private.payments SET state = 'pending', attempts = 0, asked_in = pg_current_xact_id(), updated_at = clock_timestamp()
        WHERE id = payment;
    UPDATE api.orders AS o SET payment = 'pending' WHERE o.id = p.order_id;
    INSERT INTO private.payment_events (payment_id, event) VALUES (payment, 'requeued');
    IF EXISTS (SELECT FROM private.payment_provider WHERE carrier = 'outbox') THEN
        PERFORM private.send_payment(payment);
    END IF;
    RETURN QUERY SELECT q.id, q.order_id, q.amount, q.state, q.attempts, q.last_error, q.next_attempt_at, q.updated_at
        FROM private.payments AS q WHERE q.id = payment;
END
$$;
-- +goose StatementEnd
COMMENT ON FUNCTION api.requeue_payment IS 'Has a payment that failed tried again';
GRANT EXECUTE ON FUNCTION api.requeue_payment TO shop_operator;

-- The provider tells of a charge by itself, perhaps more than once, and perhaps before it answers
-- the call. Anybody may send it; the signature of the body says whether it is the provider.
-- +goose StatementBegin
CREATE FUNCTION api.payment_callback(json) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    given    text := current_setting('request.headers', true)::json ->> 'payment-signature';
    expected text := encode(private.hmac(convert_to($1::text, 'UTF8'),
        (SELECT convert_to(callback_secret, 'UTF8') FROM private.payment_provider), 'sha256'), 'hex');
    payment  bigint;
BEGIN
    -- Of hashes, since how long a comparison takes tells where two texts first differ.
    IF private.digest(given, 'sha256') IS DISTINCT FROM private.digest(expected, 'sha256') OR expected IS NULL THEN
        RAISE EXCEPTION 'The signature is not the provider''s.' USING ERRCODE = 'PT401';
    END IF;
    SELECT id INTO payment FROM private.payments WHERE idempotency_key::text = $1 ->> 'key';
    IF NOT FOUND THEN
        RAISE EXCEPTION 'There is no such payment.' USING ERRCODE = 'PT404';
    END IF;
    IF $1 ->> 'status' IN ('succeeded', 'declined') THEN -- of other events the shop makes nothing
        PERFORM private.settle_payment(payment, CASE $1 ->> 'status' WHEN 'succeeded' THEN 200 ELSE 402 END, NULL, $1::text, NULL);
    END IF;
END
$$;
-- +goose StatementEnd
COMMENT ON FUNCTION api.payment_callback IS 'For the payment provider
The header Payment-Signature is the HMAC-SHA256 of the body, in hexadecimal digits.';
GRANT EXECUTE ON FUNCTION api.payment_callback TO shop_anon;

RESET ROLE;
NOTIFY pgrst, 'reload schema';
