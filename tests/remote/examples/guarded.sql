-- SPDX-License-Identifier: BSD-2-Clause
-- guarded.sql: a guarded write in SQL: the token is a column, and every write has it in its WHERE.
--
-- No row changed means: refused, somebody with a newer token has been here. Tokens are 32 hexadecimal digits, which compare as
-- text (in a binary or C collation). The lines below are what B does, who was granted the lock after A was paused, and then A.
--
-- Prints: B: 1 row
-- Prints: A: 0 rows
-- Prints: sold by B
CREATE TABLE orders (id INTEGER PRIMARY KEY, value TEXT, token TEXT NOT NULL DEFAULT '');
INSERT INTO orders (id) VALUES (42);

UPDATE orders SET value = 'sold by B', token = '00000000000000080000000000000001'
	WHERE id = 42 AND token <= '00000000000000080000000000000001';
SELECT 'B: ' || changes() || ' row';

UPDATE orders SET value = 'sold by A', token = '00000000000000070000000000000003'
	WHERE id = 42 AND token <= '00000000000000070000000000000003';
SELECT 'A: ' || changes() || ' rows';

SELECT value FROM orders WHERE id = 42;
