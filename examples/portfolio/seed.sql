-- Generated trades: 800 in each market over the 90 days before 1 July 2026. The
-- same every time: where chance would be, there is a hash. Tables with rows in
-- them are left alone.

INSERT INTO portfolio.trades (timestamp, market, side, price, amount, fee)
WITH
listing (market, first_price, opening) AS (VALUES
    ('BTC-USD'::portfolio.market, 91250.5, 3.2),
    ('ETH-USD', 3120.75, 48),
    ('SOL-USD', 142.31, 900),
    ('LINK-USD', 13.862, 7500),
    ('DOGE-USD', 0.12345, 600000)
),
draw AS ( -- three numbers of 18 digits between 0 and 1 for every trade
    SELECT l.*, n,
           ('x' || substr(hash, 1, 15))::bit(60)::bigint / (2.0::numeric(48,18) ^ 60) AS a,
           ('x' || substr(hash, 16, 15))::bit(60)::bigint / (2.0::numeric(48,18) ^ 60) AS b,
           ('x' || substr(hash, 31, 2))::bit(8)::int / 256.0 AS c
    FROM listing AS l, generate_series(1, 800) AS n, md5(l.market::text || n) AS hash
),
walk AS ( -- a price goes up or down by at most one percent from trade to trade
    SELECT *, (first_price * exp(sum((a - 0.5) / 50) OVER (PARTITION BY market ORDER BY n)))::numeric(48,18) AS price
    FROM draw
),
trade AS (
    SELECT 1782864000000 - ((801 - n - c) * 9720000)::bigint AS timestamp,
           market,
           CASE WHEN a * 1000 % 1 < 0.52 THEN 'buy' ELSE 'sell' END::portfolio.side AS side,
           price,
           (opening * (0.0005 + b / 100))::numeric(48,18) AS amount
    FROM walk
)
SELECT timestamp, market, side, price, amount, price * amount * 0.001
FROM trade
WHERE NOT EXISTS (SELECT FROM portfolio.trades)
ORDER BY timestamp, market;

INSERT INTO portfolio.portfolio_history (timestamp, market, interval, price, holding, value, volume)
WITH
opening (market, holding) AS (VALUES
    ('BTC-USD'::portfolio.market, 3.2), ('ETH-USD', 48), ('SOL-USD', 900), ('LINK-USD', 7500), ('DOGE-USD', 600000)
),
position AS (
    SELECT t.*, o.holding + sum(CASE side WHEN 'buy' THEN amount ELSE -amount END)
                            OVER (PARTITION BY market ORDER BY timestamp, id) AS holding
    FROM portfolio.trades AS t JOIN opening AS o USING (market)
),
step (interval, milliseconds) AS (VALUES ('1h'::portfolio.history_interval, 3600000), ('1d', 86400000)),
bucket AS ( -- named after its end
    SELECT DISTINCT ON (market, interval, ends)
           p.timestamp - p.timestamp % milliseconds + milliseconds AS ends, market, interval, price, holding,
           sum(price * amount) OVER (PARTITION BY market, interval, p.timestamp / milliseconds) AS volume
    FROM position AS p, step
    ORDER BY market, interval, ends, p.timestamp DESC, id DESC
)
SELECT ends, market, interval, price, holding, holding * price, volume
FROM bucket
WHERE NOT EXISTS (SELECT FROM portfolio.portfolio_history)
ORDER BY ends, market, interval;
