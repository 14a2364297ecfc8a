// What a program in TypeScript does with the library at LIBRARY_URL. It is checked
// against types that openapi-typescript makes of the API's document.

import assert from "node:assert/strict";
import { test } from "node:test";

import createClient from "openapi-fetch";

import type { components, paths } from "./library.js";

type Author = components["schemas"]["authors_insert"];
type Book = components["schemas"]["books"];

// Of the media types that there are, this client takes and sends this one.
type Media = "application/json";

const client = createClient<paths, Media>({ baseUrl: process.env["LIBRARY_URL"] ?? "http://localhost:3000" });

const representation = { Prefer: ["return=representation"] };

async function insertAuthor(name: string): Promise<number> {
  const { data, error, response } = await client.POST("/authors", {
    params: { header: representation },
    body: { name, born: "1929-10-21" },
  });
  assert.equal(response.status, 201, error?.message);
  assert.ok(data?.[0]);
  assert.equal(data[0].born, "1929-10-21");
  return data[0].id;
}

async function insertBooks(author: number): Promise<Book[]> {
  const { data, error, response } = await client.POST("/books", {
    params: {
      header: { Prefer: ["return=representation", "missing=default"] },
      query: { columns: "title,author_id,binding,pages,price,tags,details" },
    },
    body: [
      {
        title: "The Dispossessed",
        author_id: author,
        binding: "hardback",
        pages: 341,
        price: 19.9,
        tags: ["utopia", "a, b"],
        details: { prizes: ["Hugo", "Nebula"] },
      },
      { title: "The Lathe of Heaven", author_id: author },
    ],
  });
  assert.equal(response.status, 201, error?.message);
  assert.ok(data);
  return data;
}

test("create, read, update, replace and delete", async () => {
  const author = await insertAuthor("Ursula K. Le Guin");
  const [first, second] = await insertBooks(author);
  assert.ok(first && second);
  assert.equal(first.binding, "hardback");
  assert.deepEqual(first.tags, ["utopia", "a, b"]);
  assert.deepEqual(first.details, { prizes: ["Hugo", "Nebula"] });
  assert.equal(second.binding, "paperback");
  assert.equal(second.pages, null);

  const read = await client.GET("/books", {
    params: {
      query: { title: "like.The *", author_id: `eq.${author}`, order: "title.desc", limit: 1 },
      header: { Prefer: ["count=exact"] },
    },
  });
  assert.equal(read.response.status, 206, read.error?.message);
  assert.equal(read.response.headers.get("Content-Range"), "0-0/2");
  assert.deepEqual(read.data, [second]);

  const id = `eq.${first.id}`;
  const updated = await client.PATCH("/books", {
    params: { query: { id }, header: representation },
    body: { binding: "audio", price: null },
  });
  assert.deepEqual(updated.data, [{ ...first, binding: "audio", price: null }]);

  const replaced = await client.PUT("/books", {
    params: { query: { id }, header: representation },
    body: { id: first.id, title: "An Ambiguous Utopia", author_id: author },
  });
  assert.equal(replaced.data?.[0]?.title, "An Ambiguous Utopia");

  const deleted = await client.DELETE("/books", { params: { query: { id } } });
  assert.equal(deleted.response.status, 204, deleted.error?.message);
  const left = await client.GET("/books", { params: { query: { author_id: `eq.${author}` } } });
  assert.deepEqual(left.data, [second]);
});

test("call functions", async () => {
  const author = await insertAuthor("Stanisław Lem");
  await insertBooks(author);

  const queried = await client.GET("/rpc/shelf_metres", { params: { query: { author } } });
  assert.equal(queried.data, 0.0341);
  const called = await client.POST("/rpc/shelf_metres", { body: { author, thickness: 0.2 } });
  assert.equal(called.data, 0.0682);

  const discounted = await client.POST("/rpc/discount", {
    params: { query: { author_id: `eq.${author}`, price: "not.is.null" } },
    body: { percent: 10 },
  });
  assert.equal(discounted.data?.[0]?.price, 17.91);

  const forgotten = await client.POST("/rpc/forget_details", { body: {} });
  assert.equal(forgotten.response.status, 204, forgotten.error?.message);
});

test("read a view", async () => {
  const { data } = await client.GET("/catalogue", { params: { query: { author: "eq.Stanisław Lem" } } });
  assert.deepEqual(data, [{ author: "Stanisław Lem", books: 2, pages: 341 }]);
});

test("see errors", async () => {
  const { error } = await client.GET("/books", { params: { query: { pages: "eq.many" } } });
  assert.equal(error?.code, "22P02");
});

test("the types know what the API refuses", async () => {
  // @ts-expect-error: an author has a name
  const nameless = await client.POST("/authors", { body: {} });
  assert.equal(nameless.response.status, 400);
  // @ts-expect-error: the database counts authors
  const body: Author = { id: 1, name: "A" };
  const counted = await client.POST("/authors", { body });
  assert.equal(counted.error?.code, "428C9");
  // @ts-expect-error: there is no such binding
  const bound = await client.POST("/books", { body: { title: "A", author_id: 1, binding: "leather" } });
  assert.equal(bound.error?.code, "22P02");
});
