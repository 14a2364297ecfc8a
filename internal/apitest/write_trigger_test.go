package apitest_test

import "testing"

// Triggers can set the status and headers of the response, refuse the write in
// a way of their own, and know the request.
func TestWrite_triggers(t *testing.T) {
	t.Parallel()
	api := serveClone(t, `
		CREATE TABLE archive.wishes (id int PRIMARY KEY, wish text, "by" text);
		INSERT INTO archive.wishes VALUES (1, 'none');
		GRANT ALL ON archive.wishes TO pgrest_test_curator;
		CREATE FUNCTION private.grant_wish() RETURNS trigger LANGUAGE plpgsql AS $$
		BEGIN
			CASE coalesce(NEW.wish, '')
				WHEN 'status' THEN
					PERFORM set_config('response.status', '202', true);
				WHEN 'no content' THEN
					PERFORM set_config('response.status', '204', true);
				WHEN 'headers' THEN
					PERFORM set_config('response.headers', '[{"X-Wish": "granted"}, {"Location": "/elsewhere"}, {"Content-Range": "0-9/10"}]', true);
				WHEN 'wrong headers' THEN
					PERFORM set_config('response.headers', '{}', true);
				WHEN 'wrong status' THEN
					PERFORM set_config('response.status', 'fine', true);
				WHEN 'payment' THEN
					RAISE SQLSTATE 'PT402' USING MESSAGE = 'Payment Required', DETAIL = 'Quota exceeded', HINT = 'Upgrade your plan';
				WHEN 'custom' THEN
					RAISE SQLSTATE 'PGRST' USING MESSAGE = '{"code": "F451", "message": "Withheld", "details": "By court order", "hint": "Wait"}',
						DETAIL = '{"status": 451, "headers": {"X-Court": "Hague"}}';
				WHEN 'exception' THEN
					RAISE EXCEPTION 'No such wish' USING DETAIL = 'Reel 3', HINT = 'Leave';
				WHEN 'skip' THEN
					RETURN NULL;
				WHEN 'request' THEN
					NEW.by := concat_ws(' ', current_user, current_setting('request.method'), current_setting('request.path'),
						current_setting('request.jwt.claims')::json ->> 'sub', current_setting('transaction_read_only'));
				ELSE NULL;
			END CASE;
			RETURN NEW;
		END $$;
		CREATE TRIGGER grant_wish BEFORE INSERT OR UPDATE ON archive.wishes FOR EACH ROW EXECUTE FUNCTION private.grant_wish();
		CREATE FUNCTION private.demand_where() RETURNS trigger LANGUAGE plpgsql AS $$
			BEGIN RAISE SQLSTATE '21000' USING MESSAGE = 'DELETE requires a WHERE clause'; END $$;
		CREATE TRIGGER demand_where BEFORE DELETE ON archive.wishes FOR EACH STATEMENT EXECUTE FUNCTION private.demand_where();
		GRANT USAGE ON SCHEMA private TO pgrest_test_curator`, rollingBack)
	wish := func(name, wish string, status int, want headers, body string) write {
		return write{name: name, target: "/wishes", payload: `{"id": 9, "wish": "` + wish + `"}`, status: status, want: want, body: body}
	}
	runInTurn(t, api,
		wish("status", "status", 202, nil, ""),
		wish("status_without_a_body", "no content", 204, nil, ""),
		wish("headers", "headers", 201, headers{"X-Wish": "granted", "Location": "/elsewhere", "Content-Range": "0-9/10"}, ""),
		wish("wrong_headers", "wrong headers", 500, nil,
			fault("PGRST111", "response.headers guc must be a JSON array composed of objects with a single key and a string value", "", "")),
		wish("wrong_status", "wrong status", 500, nil, fault("PGRST112", "response.status guc must be a valid status code", "", "")),
		wish("refused_with_a_status", "payment", 402, nil, fault("PT402", "Payment Required", "Quota exceeded", "Upgrade your plan")),
		wish("refused_in_a_response_of_its_own", "custom", 451, headers{"X-Court": "Hague"}, fault("F451", "Withheld", "By court order", "Wait")),
		wish("refused_with_an_exception", "exception", 400, nil, fault("P0001", "No such wish", "Reel 3", "Leave")),
		wish("skipped", "skip", 201, nil, ""),
		write{name: "status_of_a_representation", target: "/wishes?select=id", prefer: representation, payload: `{"id": 9, "wish": "status"}`, status: 202, body: `[{"id": 9}]`},
		write{name: "headers_of_an_update", method: "PATCH", target: "/wishes?id=eq.1&select=wish", prefer: representation, payload: `{"wish": "headers"}`,
			want: headers{"X-Wish": "granted", "Location": "/elsewhere"}, body: `[{"wish": "headers"}]`},
		write{name: "status_of_an_update", method: "PATCH", target: "/wishes?id=eq.1", payload: `{"wish": "status"}`, status: 202},
		write{name: "status_of_a_put", method: "PUT", target: "/wishes?id=eq.1", payload: `{"id": 1, "wish": "status", "by": null}`, status: 202},
		write{name: "skipped_has_no_representation", target: "/wishes", prefer: representation + ", count=exact", payload: `{"id": 9, "wish": "skip"}`,
			want: headers{"Content-Range": "*/0"}, body: `[]`},
		write{name: "skipped_put", method: "PUT", target: "/wishes?id=eq.9", payload: `{"id": 9, "wish": "skip", "by": null}`, status: 400,
			body: fault("PGRST115", "Payload values do not match URL in primary key column(s)", "", "")},
		write{name: "knows_the_request", target: "/wishes?select=by", token: `{"role": "` + curator + `", "sub": "nils"}`, prefer: representation,
			payload: `{"id": 9, "wish": "request"}`, body: `[{"by": "` + curator + ` POST /wishes nils off"}]`},
		write{name: "demands_a_filter", method: "DELETE", target: "/wishes", status: 400, body: fault("21000", "DELETE requires a WHERE clause", "", "")},
	)
}
