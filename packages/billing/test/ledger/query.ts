import { Client } from 'pg'

/** Runs one statement on a new connection. Returns the rows. */
export async function query(address: string, sql: string) {
  const client = new Client({ connectionString: address })
  await client.connect()
  try {
    return (await client.query(sql)).rows
  } finally {
    await client.end()
  }
}
