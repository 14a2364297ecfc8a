-- The settings of the roles that the current user can become, its own left out:
-- ALTER ROLE … SET, then ALTER ROLE … IN DATABASE … SET for this database, which
-- overrides the former as it does at login.
--
-- In psql, end the query with:  \g
--
-- Parameters that can't be set within a session are left out, and so are those
-- that the server does not know. A superuser's parameter is privileged.
SELECT
    r.rolname,
    p.name,
    pg_catalog.substr(entry.setting, pg_catalog.strpos(entry.setting, '=') + 1) AS value,
    p.context = 'superuser' AS privileged
FROM pg_catalog.pg_roles r
JOIN pg_catalog.pg_db_role_setting s ON s.setrole = r.oid
CROSS JOIN LATERAL pg_catalog.unnest(s.setconfig) WITH ORDINALITY AS entry (setting, place)
JOIN pg_catalog.pg_settings p
    ON p.name = pg_catalog.split_part(entry.setting, '=', 1)
    AND p.context IN ('user', 'superuser')
WHERE r.rolname <> current_user
    AND pg_catalog.pg_has_role(r.oid, 'MEMBER')
    AND s.setdatabase IN (
        0,
        (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database()))
ORDER BY r.rolname, s.setdatabase, entry.place
