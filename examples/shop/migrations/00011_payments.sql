-- +goose Up
-- Payments: what each waits for, and what an answer of the payment provider makes of it. All of
-- that is decided here. The program carries requests and answers, and decides nothing.
--
--   pending ──── 2xx ────> confirmed   the end
--      │  └───── 402 ────> declined    the end: stock and credit are given back
--      │ ↑
--      │ └ no answer, 5xx, 408, 409, 425, 429: again later, with the same idempotency key
--      │
--      └ any other answer, or too many attempts ─> failed   until an operator has it tried again
SET LOCAL ROLE shop_owner;

-- One row, which the program fills when it starts: who the provider is, and how it is asked.
CREATE TABLE private.payment_provider (
    only_row             boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    url                  text NOT NULL,
    api_key              text NOT NULL,
    callback_secret      text NOT NULL CHECK (octet_length(callback_secret) >= 16),
    -- Who makes the calls: outbox is net.http_post, river is jobs that a hook of the API enqueues.
    carrier              text NOT NULL DEFAULT 'outbox' CHECK (carrier IN ('outbox', 'river')),
    timeout_milliseconds int NOT NULL DEFAULT 10000 CHECK (timeout_milliseconds > 0),
    max_attempts         int NOT NULL DEFAULT 10 CHECK (max_attempts > 0),
    first_pause          interval NOT NULL DEFAULT '1 second' CHECK (first_pause > interval '0'),
    longest_pause        interval NOT NULL DEFAULT '5 minutes'
);

CREATE TABLE private.payments (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    order_id        bigint NOT NULL UNIQUE REFERENCES api.orders,
    amount          numeric(10,2) NOT NULL CHECK (amount > 0),
    -- The same with each attempt, so that the provider charges once.
    idempotency_key uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(),
    state           api.payment_state NOT NULL DEFAULT 'pending',
    attempts        int NOT NULL DEFAULT 0, -- those that are over
    next_attempt_at timestamptz,            -- NULL while an answer is awaited, or River has the job
    answer_due_at   timestamptz,            -- NULL if none is awaited
    charge          text,                   -- the provider's name for it
    last_error      text,
    asked_in        xid8 NOT NULL DEFAULT pg_current_xact_id(), -- the transaction that asked for it
    updated_at      timestamptz NOT NULL DEFAULT now(),
    CHECK (state = 'pending' OR (next_attempt_at IS NULL AND answer_due_at IS NULL)),
    CHECK (next_attempt_at IS NULL OR answer_due_at IS NULL)
);
CREATE INDEX payments_next ON private.payments (next_attempt_at) WHERE state = 'pending' AND answer_due_at IS NULL;
CREATE INDEX payments_due ON private.payments (answer_due_at) WHERE answer_due_at IS NOT NULL;
CREATE INDEX payments_failed ON private.payments (updated_at) WHERE state = 'failed';
CREATE INDEX payments_asked ON private.payments (asked_in);

-- Which payment a request of net.http_post is for, until its answer is taken over. pg_net counts
-- from 1 again after PostgreSQL has crashed, since its tables are unlogged: then a number is that
-- of the newer request.
CREATE TABLE private.payment_requests (
    request_id bigint PRIMARY KEY,
    payment_id bigint NOT NULL REFERENCES private.payments,
    sent_at    timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX payment_requests_payment ON private.payment_requests (payment_id);

-- What happened, for whoever has to explain a payment. The index has it that no payment is
-- confirmed or declined twice, whatever the functions do.
CREATE TABLE private.payment_events (
    payment_id bigint NOT NULL REFERENCES private.payments,
    at         timestamptz NOT NULL DEFAULT clock_timestamp(),
    event      text NOT NULL CHECK (event IN ('asked', 'confirmed', 'declined', 'again', 'failed', 'requeued', 'contradiction')),
    detail     text
);
CREATE INDEX payment_events_payment ON private.payment_events (payment_id, at);
CREATE UNIQUE INDEX payment_events_once ON private.payment_events (payment_id) WHERE event IN ('confirmed', 'declined');

-- The call that a payment needs; none if it needs none any more.
CREATE FUNCTION private.payment_call(payment bigint)
RETURNS TABLE (url text, body jsonb, headers jsonb, timeout_milliseconds int)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT provider.url, jsonb_build_object('order', p.order_id, 'amount', p.amount),
        jsonb_build_object('Content-Type', 'application/json', 'Authorization', 'Bearer ' || provider.api_key,
            'Idempotency-Key', p.idempotency_key),
        provider.timeout_milliseconds
    FROM private.payments AS p, private.payment_provider AS provider
    WHERE p.id = payment AND p.state = 'pending'
$$;

-- Asks for the call, which is made when this transaction has been committed.
-- +goose StatementBegin
CREATE FUNCTION private.send_payment(payment bigint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    call    record;
    request bigint;
BEGIN
    SELECT * INTO call FROM private.payment_call(payment);
    IF NOT FOUND THEN
        RETURN;
    END IF;
    request := net.http_post(url := call.url, body := call.body, headers := call.headers,
        timeout_milliseconds := call.timeout_milliseconds);
    INSERT INTO private.payment_requests AS r (request_id, payment_id) VALUES (request, payment)
        ON CONFLICT (request_id) DO UPDATE SET payment_id = excluded.payment_id, sent_at = excluded.sent_at;
    UPDATE private.payments SET next_attempt_at = NULL,
        answer_due_at = clock_timestamp() + call.timeout_milliseconds * interval '1 ms' + interval '30 s'
        WHERE id = payment;
END
$$;
-- +goose StatementEnd

-- Has an order paid for: in the transaction that places it, so that there is a call exactly for
-- what was committed.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION private.request_payment(order_id bigint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    payment bigint;
BEGIN
    INSERT INTO private.payments (order_id, amount)
        SELECT o.id, o.total FROM api.orders AS o WHERE o.id = request_payment.order_id
        RETURNING id INTO STRICT payment;
    INSERT INTO private.payment_events (payment_id, event) VALUES (payment, 'asked');
    IF EXISTS (SELECT FROM private.payment_provider WHERE carrier = 'outbox') THEN
        PERFORM private.send_payment(payment);
    END IF;
END
$$;
-- +goose StatementEnd

-- JSON of a provider's answer; NULL if it is none, as a proxy's page.
-- +goose StatementBegin
CREATE FUNCTION private.json_or_null(content text) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN content::jsonb;
EXCEPTION WHEN data_exception OR statement_too_complex THEN
    RETURN NULL;
END
$$;
-- +goose StatementEnd

-- How long to wait after so many attempts: each time twice as long, up to a longest, and by
-- chance between half of that and one and a half, so that payments that failed together don't
-- all come back together. A provider that says when to come back, with Retry-After, is believed.
CREATE FUNCTION private.payment_pause(attempts int, headers jsonb) RETURNS interval
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
    SELECT greatest(
        least(longest_pause, first_pause * power(2, least(attempts, 30) - 1)) * (0.5 + random()),
        (SELECT least(value::numeric, 86400)::int * interval '1 s' FROM jsonb_each_text(headers)
            WHERE lower(key) = 'retry-after' AND value ~ '^[0-9]{1,9}$' LIMIT 1))
    FROM private.payment_provider
$$;

-- Takes an answer of the provider, or the lack of one, and gives the state that the payment is in
-- then. However often an answer comes, it counts once: the row is locked, and a payment that has
-- come to its end stays as it is.
-- +goose StatementBegin
CREATE FUNCTION private.settle_payment(payment bigint, status_code int, headers jsonb, content text, error text)
RETURNS api.payment_state
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    p        private.payments;
    provider private.payment_provider;
    answer   CONSTANT jsonb := private.json_or_null(content);
    verdict  text;
    message  text;
BEGIN
    SELECT * INTO STRICT p FROM private.payments WHERE id = payment FOR UPDATE;
    SELECT * INTO STRICT provider FROM private.payment_provider;
    verdict := CASE
        WHEN status_code BETWEEN 200 AND 299 AND answer ->> 'status' = 'succeeded' THEN 'confirmed'
        WHEN status_code = 402 AND answer ->> 'status' = 'declined' THEN 'declined'
        WHEN status_code BETWEEN 300 AND 499 AND status_code NOT IN (408, 409, 425, 429) THEN 'failed'
        ELSE 'again' END;
    message := left(coalesce(error, CASE verdict
        WHEN 'confirmed' THEN NULL
        WHEN 'declined' THEN coalesce(answer ->> 'reason', 'declined')
        ELSE format('the provider answered %s: %s', status_code, coalesce(answer ->> 'message', content)) END), 500);

    -- What has come to its end stays. A provider that says otherwise later is one that a person
    -- has to talk to.
    IF p.state IN ('confirmed', 'declined') THEN
        IF verdict IN ('confirmed', 'declined') AND verdict <> p.state::text THEN
            INSERT INTO private.payment_events (payment_id, event, detail) VALUES (p.id, 'contradiction', verdict);
        END IF;
        RETURN p.state;
    END IF;
    -- A dead letter takes only a last word.
    IF p.state = 'failed' AND verdict NOT IN ('confirmed', 'declined') THEN
        RETURN p.state;
    END IF;
    IF verdict = 'again' AND p.attempts + 1 >= provider.max_attempts THEN
        verdict := 'failed';
        message := format('%s attempts, the last: %s', p.attempts + 1, message);
    END IF;

    UPDATE private.payments SET
        state = CASE verdict WHEN 'again' THEN 'pending' ELSE verdict::api.payment_state END,
        attempts = attempts + 1,
        next_attempt_at = CASE WHEN verdict = 'again' AND provider.carrier = 'outbox'
            THEN clock_timestamp() + private.payment_pause(p.attempts + 1, headers) END,
        answer_due_at = NULL,
        charge = coalesce(answer ->> 'charge', charge),
        last_error = message,
        updated_at = clock_timestamp()
        WHERE id = p.id RETURNING * INTO p;
    INSERT INTO private.payment_events (payment_id, event, detail) VALUES (p.id, verdict, message);
    UPDATE api.orders SET payment = p.state WHERE id = p.order_id AND orders.payment <> p.state;

    IF p.state = 'declined' THEN
        -- In the order in which place_order takes locks: products by number, then the customer.
        PERFORM FROM api.products WHERE id IN (SELECT product_id FROM api.order_lines WHERE order_id = p.order_id)
            ORDER BY id FOR UPDATE;
        UPDATE api.products AS product SET stock = stock + line.quantity FROM api.order_lines AS line
            WHERE line.order_id = p.order_id AND product.id = line.product_id;
        UPDATE api.customers AS customer SET credit = credit + o.total FROM api.orders AS o
            WHERE o.id = p.order_id AND customer.id = o.customer_id;
    END IF;
    RETURN p.state;
END
$$;
-- +goose StatementEnd

RESET ROLE;
NOTIFY pgrst, 'reload schema';
