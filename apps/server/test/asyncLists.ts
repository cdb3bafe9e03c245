/** Reads a stream to its end and returns its items. */
export async function all<Item>(stream: AsyncIterable<Item>): Promise<Item[]> {
  const list: Item[] = []
  for await (const item of stream) list.push(item)
  return list
}

/** Returns a stream of the given items. */
export async function* of<Item>(...items: Item[]) {
  yield* items
}
