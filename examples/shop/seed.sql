-- What the demo has to sell, its customers, and the orders of three years. It is the same every
-- time: where chance would be, there is a hash. A shop with products in it is left alone.

INSERT INTO private.categories (name, schema) VALUES
    ('coffee', '{
        "type": "object", "required": ["roast", "grams"], "additionalProperties": false,
        "properties": {
            "roast": {"enum": ["light", "medium", "dark"]},
            "grams": {"type": "integer", "minimum": 50, "maximum": 5000},
            "notes": {"type": "array", "maxItems": 5, "items": {"type": "string", "minLength": 2, "maxLength": 30}}
        }}'),
    ('cups', '{
        "type": "object", "required": ["millilitres"], "additionalProperties": false,
        "properties": {
            "millilitres": {"type": "number", "exclusiveMinimum": 0, "maximum": 1000},
            "colour": {"type": "string", "pattern": "^[a-z ]+$"}
        }}'),
    ('grinders', '{
        "type": "object", "required": ["burrs"], "additionalProperties": false,
        "properties": {
            "burrs": {"enum": ["steel", "ceramic"]},
            "electric": {"type": "boolean"}
        }}');

INSERT INTO api.products (name, category, price, stock, attributes) VALUES
    ('Yirgacheffe', 'coffee', 12.50, 40, '{"roast": "light", "grams": 250, "notes": ["jasmine", "lemon"]}'),
    ('Santos', 'coffee', 9.80, 60, '{"roast": "medium", "grams": 250, "notes": ["hazelnut"]}'),
    ('Mandheling', 'coffee', 11.20, 35, '{"roast": "dark", "grams": 250}'),
    ('Huila', 'coffee', 38.00, 12, '{"roast": "medium", "grams": 1000, "notes": ["caramel", "plum"]}'),
    ('House espresso', 'coffee', 32.00, 25, '{"roast": "dark", "grams": 1000}'),
    ('Espresso cup', 'cups', 8.90, 80, '{"millilitres": 70, "colour": "white"}'),
    ('Cappuccino cup', 'cups', 11.90, 50, '{"millilitres": 180, "colour": "sea green"}'),
    ('Travel mug', 'cups', 24.50, 18, '{"millilitres": 350, "colour": "black"}'),
    ('Hand grinder', 'grinders', 59.00, 9, '{"burrs": "ceramic", "electric": false}'),
    ('Electric grinder', 'grinders', 149.00, 4, '{"burrs": "steel", "electric": true}'),
    ('Last of its kind', 'grinders', 20.00, 1, '{"burrs": "steel"}');

-- The accounts of the demo. Their passwords are in the README, so that no shop should have them.
SELECT private.add_customer('Alice', 'alice@example.com', 'alice likes light roasts', 200, subscriber => true);
SELECT private.add_customer('Bob', 'bob@example.com', 'bob likes dark roasts', 60);
SELECT private.add_customer('Olga', 'olga@example.com', 'olga counts the beans', 0, role => 'shop_operator');

INSERT INTO api.articles (title, body, published_at) VALUES
    ('How fine is fine?', 'Between salt and powdered sugar, and then by taste.', '2026-03-01 08:00Z'),
    ('Water', 'Nine tenths of the cup, and mostly forgotten.', '2026-04-01 08:00Z');

-- Customers of the past: they have no accounts.
INSERT INTO api.customers (name, email)
SELECT 'Customer ' || n, 'customer' || n || '@example.com' FROM generate_series(1, 200) AS n;

INSERT INTO api.orders (customer_id, placed_at, payment)
SELECT c.id, timestamptz '2026-06-30 12:00Z' - ('x' || substr(md5(c.id || '/' || n), 1, 7))::bit(28)::int * interval '0.35 second', 'confirmed'
FROM api.customers AS c, generate_series(1, 50) AS n
WHERE c.email LIKE 'customer%';

-- The stock of today is what is left of them, so that it isn't taken once more.
ALTER TABLE api.order_lines DISABLE TRIGGER take_stock;
INSERT INTO api.order_lines (order_id, product_id, quantity, price)
SELECT o.id, p.id, 1 + ('x' || substr(md5(o.id || ':' || p.id), 3, 1))::bit(4)::int / 6, p.price
FROM api.orders AS o JOIN api.products AS p ON ('x' || substr(md5(o.id || ':' || p.id), 1, 2))::bit(8)::int < 40;
ALTER TABLE api.order_lines ENABLE TRIGGER take_stock;
UPDATE api.orders AS o SET total = l.total
FROM (SELECT order_id, sum(price * quantity) AS total FROM api.order_lines GROUP BY order_id) AS l WHERE l.order_id = o.id;

-- Without statistics PostgreSQL would guess how much there is.
ANALYZE api.products, api.customers, api.orders, api.order_lines;
