// What a program does with the zoo at ZOO_URL by postgrest-js, the client of Supabase.

import assert from "node:assert/strict";
import { test } from "node:test";

import { PostgrestClient } from "@supabase/postgrest-js";

const zoo = new PostgrestClient(process.env.ZOO_URL);
const animals = () => zoo.from("animals");

// rows gives the data of an answer that is no error, of that status.
async function rows(query, status = 200) {
  const answer = await query;
  assert.equal(answer.error, null);
  assert.equal(answer.status, status);
  return answer.data;
}

// ids gives the keys of the animals that a query finds.
const ids = async (query) => (await rows(query.order("id"))).map((animal) => animal.id);

test("select", async () => {
  assert.deepEqual(await rows(animals().select("name, kind:species, weight::text").eq("id", 1).order("id")), [
    { name: "Alice", kind: "giraffe", weight: "800" },
  ]);
  assert.deepEqual(await rows(animals().select("notes->height, eats").eq("id", 1)), [{ height: 4.8, eats: ["leaves"] }]);
  assert.equal((await rows(animals().select())).length, 4);
});

test("filters", async (t) => {
  const all = () => animals().select("id");
  const filters = {
    eq: [all().eq("name", "Dave, the Duke"), [4]],
    neq: [all().neq("species", "zebra"), [1, 3, 4]],
    "gt and lte": [all().gt("weight", 2.5).lte("weight", 800), [1, 2]],
    like: [all().like("name", "%ol"), [3]],
    ilike: [all().ilike("name", "a%"), [1]],
    likeAnyOf: [all().likeAnyOf("name", ["Al%", "Bo%"]), [1, 2]],
    ilikeAllOf: [all().ilikeAllOf("name", ["%A%", "%r%"]), [3]],
    regexMatch: [all().regexMatch("species", "^(a|z)"), [2, 3]],
    is: [all().is("born", null), [4]],
    isDistinct: [all().isDistinct("weight", 800), [2, 3, 4]],
    in: [all().in("name", ["Bob", "Dave, the Duke"]), [2, 4]],
    notIn: [all().notIn("id", [1, 2]), [3, 4]],
    contains: [all().contains("eats", ["leaves"]), [1, 2]],
    "contains JSON": [all().contains("notes", { calm: false }), [2]],
    containedBy: [all().containedBy("eats", ["grass", "leaves"]), [1, 2]],
    overlaps: [all().overlaps("eats", ["fish", "fruit"]), [3, 4]],
    rangeGt: [all().rangeGt("awake", "[1,20)"), [3]],
    rangeAdjacent: [all().rangeAdjacent("awake", "[24,30)"), [3]],
    textSearch: [all().textSearch("species", "aye", { type: "websearch", config: "english" }), [3]],
    match: [all().match({ species: "zebra", enclosure_id: 1 }), [2]],
    not: [all().not("enclosure_id", "is", null), [1, 2, 3]],
    or: [all().or("weight.lt.10,and(species.eq.zebra,born.gte.2018-01-01)"), [2, 3]],
    filter: [all().filter("notes->>height", "eq", "4.8"), [1]],
  };
  for (const [name, [query, want]] of Object.entries(filters)) {
    await t.test(name, async () => assert.deepEqual(await ids(query), want));
  }
});

test("order, limit and range", async () => {
  const names = async (query) => (await rows(query)).map((animal) => animal.name);
  assert.deepEqual(await names(animals().select().order("weight", { ascending: false, nullsFirst: false }).limit(2)), ["Alice", "Bob"]);
  assert.deepEqual(await names(animals().select().order("enclosure_id").order("id", { ascending: false }).range(1, 2)), ["Alice", "Carol"]);
});

test("embedding", async () => {
  const enclosures = zoo.from("enclosures");
  assert.deepEqual(await rows(enclosures.select("name, animals(name)").order("id").order("id", { referencedTable: "animals", ascending: false })), [
    { name: "Savanna", animals: [{ name: "Bob" }, { name: "Alice" }] },
    { name: "Night house", animals: [{ name: "Carol" }] },
    { name: "Pond", animals: [] },
  ]);
  assert.deepEqual(await rows(enclosures.select("name, animals!inner(name)").gt("animals.weight", 500)), [
    { name: "Savanna", animals: [{ name: "Alice" }] },
  ]);
  assert.deepEqual(await rows(enclosures.select("name, animals(count)").order("id").limit(1)), [{ name: "Savanna", animals: [{ count: 2 }] }]);
  assert.deepEqual(await rows(animals().select("name, ...enclosures(home:name)").eq("id", 3)), [{ name: "Carol", home: "Night house" }]);
  assert.deepEqual(await rows(enclosures.select("id, animals(name)").or("weight.gt.500,weight.lt.100", { referencedTable: "animals" }).eq("id", 1)), [
    { id: 1, animals: [{ name: "Alice" }] },
  ]);
});

test("single and maybeSingle", async () => {
  assert.deepEqual(await rows(animals().select("name").eq("id", 1).single()), { name: "Alice" });
  assert.equal(await rows(animals().select().eq("id", 99).maybeSingle()), null);
  const none = await animals().select().eq("id", 99).single();
  assert.equal(none.status, 406);
  assert.equal(none.error.code, "PGRST116");
  assert.equal(none.error.details, "The result contains 0 rows");
  assert.equal((await animals().select().maybeSingle()).error.code, "PGRST116");
});

test("csv", async () => {
  assert.equal(await rows(animals().select("id,name").lte("id", 2).order("id").csv()), "id,name\n1,Alice\n2,Bob");
});

test("count", async () => {
  const counted = await animals().select("id", { count: "exact" }).order("id").limit(2);
  assert.deepEqual([counted.status, counted.count, counted.data.length], [206, 4, 2]);
  const head = await animals().select("*", { count: "exact", head: true }).not("born", "is", null);
  assert.deepEqual([head.status, head.count, head.data, head.error], [200, 3, null, null]);
});

test("insert, upsert, update and delete", async () => {
  const erin = await rows(animals().insert({ name: "Erin", species: "newt", weight: 0.2 }).select().single(), 201);
  assert.deepEqual([erin.id >= 101, erin.eats], [true, []]);
  assert.equal(await rows(animals().insert([{ name: "Frank", species: "newt" }, { name: "Grace", species: "newt", eats: ["flies"] }], { defaultToNull: false }), 201), null);

  const upserted = await rows(
    animals().upsert([{ name: "Erin", species: "newt", weight: 0.3 }, { name: "Heidi", species: "newt" }], { onConflict: "name,species" }).select("id,name,weight").order("name"),
    201,
  );
  assert.deepEqual(upserted.map(({ name, weight }) => [name, weight]), [["Erin", 0.3], ["Heidi", null]]);
  assert.equal(upserted[0].id, erin.id);
  assert.deepEqual(await rows(animals().upsert({ id: erin.id, name: "Eve", species: "newt" }, { ignoreDuplicates: true }).select(), 201), []);

  assert.deepEqual(await rows(animals().update({ weight: null, notes: { shy: true } }).eq("id", erin.id).select("weight,notes")), [
    { weight: null, notes: { shy: true } },
  ]);
  const updated = await animals().update({ eats: ["worms"] }, { count: "exact" }).eq("species", "newt");
  assert.deepEqual([updated.status, updated.count, updated.data], [204, 4, null]);

  assert.deepEqual(await rows(animals().delete().eq("id", erin.id).select("name")), [{ name: "Erin" }]);
  assert.equal((await animals().delete({ count: "exact" }).eq("species", "newt")).count, 3);
  assert.equal((await animals().select("*", { count: "exact", head: true }).eq("species", "newt")).count, 0);
});

test("rpc", async () => {
  assert.deepEqual(await rows(zoo.rpc("heaviest", { from_weight: 300 }).select("name").limit(1)), [{ name: "Alice" }]);
  assert.deepEqual(await rows(zoo.rpc("heaviest", {}, { get: true }).lt("weight", 100).select("name")), [{ name: "Carol" }]);
  assert.equal((await zoo.rpc("heaviest", { from_weight: 300 }, { head: true, count: "exact" })).count, 2);
  assert.equal(await rows(zoo.rpc("mean", { numbers: [1, 2, 6] })), 3);
  assert.equal(await rows(zoo.rpc("mean", { numbers: [1, 2, 6] }, { get: true })), 3);
  assert.equal((await rows(zoo.rpc("feed", { animal: 3, kilos: 0 }))).name, "Carol");
});

test("another schema", async () => {
  assert.deepEqual(await rows(zoo.schema("aquarium").from("tanks").select()), [{ id: 1, litres: 9000 }]);
  await rows(zoo.schema("aquarium").from("tanks").insert({ id: 2 }), 201);
});

test("errors", async () => {
  const missing = await zoo.from("animal").select();
  assert.equal(missing.status, 404);
  assert.deepEqual(missing.error, {
    code: "PGRST205", details: null,
    message: "Could not find the table 'zoo.animal' in the schema cache", hint: "Perhaps you meant the table 'zoo.animals'",
  });
  const taken = await animals().insert({ id: 1, name: "Alice", species: "giraffe" });
  assert.deepEqual([taken.status, taken.error.code], [409, "23505"]);
  const raised = await zoo.rpc("close");
  assert.equal(raised.status, 423);
  assert.deepEqual([raised.error.message, raised.error.details, raised.error.hint], ["Locked", "Since dusk", "Come back at dawn"]);
  await assert.rejects(async () => await animals().select("nme").throwOnError(), { name: "PostgrestError", code: "42703" });
});

test("abort", async () => {
  const began = Date.now();
  const aborted = await zoo.rpc("sleep").abortSignal(AbortSignal.timeout(200));
  assert.match(aborted.error.message, /TimeoutError/);
  assert.ok(Date.now() - began < 30_000);
});
