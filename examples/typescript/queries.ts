// Queries whose types the compiler knows from the API: each result has the type that is
// written beside it, and no other, and what the API answers has that shape.
import assert from 'node:assert/strict'
import { PostgrestClient } from '@supabase/postgrest-js'
import { Constants } from './database.js'
import type { CompositeTypes, Database, Enums, Json, Tables, TablesInsert, TablesUpdate } from './database.js'

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
// is holds a value to a type, in both directions.
const is = <Wanted>() => <Got>(value: Got, ..._: Equal<Got, Wanted> extends true ? [] : [never]) => value

const api = new PostgrestClient<Database, { PostgrestVersion: '14' }, 'library'>(process.env.API_URL!, { schema: 'library' })

async function rows<T>(answer: PromiseLike<{ data: T; error: unknown }>): Promise<NonNullable<T>> {
  const { data, error } = await answer
  assert.equal(error, null)
  return data!
}

// Columns, with names that have to be in quotes, and JSON.
const books = await rows(api.from('books').select('id, price, tags, details').order('id'))
is<{ id: number; price: number | null; tags: string[]; details: Json }[]>()(books)
assert.deepEqual(books[0], { id: 1, price: 7.5, tags: [], details: { pages: 66 } })

// All columns of a table, without computed fields; and with one.
const author = await rows(api.from('authors').select().eq('id', 1).single())
is<string>()(author.name)
is<string | null>()(author.born)
is<CompositeTypes<'address'>[] | null>()(author.homes)
assert.deepEqual(Object.keys(author), ['id', 'name', 'born', 'homes', 'class'])
const initial = await rows(api.from('authors').select('name, initial').eq('id', 1).single())
is<{ name: string; initial: string | null }>()(initial)
assert.deepEqual(initial, { name: 'Ada', initial: 'A' })

// Composite types of a schema that is not exposed, within each other and in arrays.
type Point = { x: number | null; y: number | null }
type Shelf = { from: Point | null; to: Point | null; marks: Point[] | null }
const room = await rows(api.from('rooms').select('id, main, shelves').single())
is<{ id: number; main: Shelf; shelves: Shelf[] | null }>()(room)
assert.deepEqual(room, { id: 1, main: { from: { x: 1, y: 2 }, to: null, marks: [{ x: 3, y: 4 }] }, shelves: null })

// Embeds: to-one, by a foreign key's name, one-to-one, over a junction, and computed.
const embedded = await rows(
  api.from('books').select('id, author:authors!books_author_id_fkey(name), covers(book_id), genres(name), loans(state)').eq('id', 2).single(),
)
is<{ name: string }>()(embedded.author)
is<{ book_id: number } | null>()(embedded.covers)
is<{ name: string }[]>()(embedded.genres)
is<{ state: Enums<'loan state'> }[]>()(embedded.loans)
assert.deepEqual(embedded, {
  id: 2, author: { name: 'Mary' }, covers: { book_id: 2 }, genres: [{ name: 'horror' }], loans: [{ state: 'lent' }],
})
const edited = await rows(api.from('authors').select('name, edited(id, price)').eq('name', 'Mary').single())
is<{ name: string; edited: { id: number; price: number | null }[] }>()(edited)
assert.deepEqual(edited, { name: 'Mary', edited: [{ id: 1, price: 7.5 }] })

// Views have relationships, too; what is in one may be null.
const cheap = await rows(api.from('cheap').select('id, authors(name)'))
is<{ id: number | null; authors: { name: string } | null }[]>()(cheap)
assert.deepEqual(cheap, [{ id: 1, authors: { name: 'Ada' } }])
is<{ books: number | null }[]>()(await rows(api.from('counts').select('books')))

// Writes: what is required, optional, and never given.
const book: TablesInsert<'books'> = { 'title of book': 'Menabrea', author_id: 1 }
const change: TablesUpdate<'books'> = { price: 3 }
const written = await rows(api.from('books').insert(book).select('id, letters').single())
is<{ id: number; letters: number | null }>()(written)
assert.equal(written.letters, 8)
assert.deepEqual(await rows(api.from('books').update(change).eq('id', written.id).select('price')), [{ price: 3 }])
// @ts-expect-error: the title is required
const without: TablesInsert<'books'> = { author_id: 1 }
// @ts-expect-error: only the database writes it
const generated: TablesInsert<'books'> = { 'title of book': '', author_id: 1, letters: 1 }
// @ts-expect-error: it is always generated
const identity: TablesInsert<'authors'> = { id: 1, name: '' }
// @ts-expect-error: a materialized view takes no rows
const view: TablesInsert<'counts'> = { books: 1 }
// @ts-expect-error: there is no such column
await api.from('books').update({ titel: '' }).eq('id', -1)
// @ts-expect-error: the role may not use it
type Secret = Tables<'secrets'>
void [without, generated, identity, view]

// Functions: values, rows, nothing, rows in arguments, and overloads.
is<number>()(await rows(api.rpc('add', { a: 1, b: 2 })))
assert.deepEqual(await rows(api.rpc('add', { a: 1, b: 2 })), 3)
const found = await rows(api.rpc('search', { words: 'notes' }).select('id, isbn'))
is<{ id: number; isbn: string | null }[]>()(found)
assert.deepEqual(found, [{ id: 1, isbn: '1' }])
const overloaded = await rows(api.rpc('search', { words: 'notes', 'in genre': 'letters' }))
is<{ title: string; "genre's name": string }[]>()(overloaded)
assert.deepEqual(overloaded, [{ title: 'Notes', "genre's name": 'letters' }])
is<string>()((await rows(api.rpc('oldest'))).name)
assert.equal((await api.rpc('nothing')).status, 204)
const home = await rows(api.rpc('home', { of: { street: 'a', 'house-number': 1 } }))
is<CompositeTypes<'address'>>()(home)
assert.deepEqual(home, { street: 'a', 'house-number': 1 })
// @ts-expect-error: an argument is missing
api.rpc('add', { a: 1 })

// Labels of enums are values, too.
is<readonly ['lent', 'returned', 'it\'s "lost"']>()(Constants.library.Enums['loan state'])
is<Tables<'books'>>()(null as unknown as Tables<{ schema: 'library' }, 'books'>)
