import { finish } from '../src/finish.js'

/** Runs every minute. */
export default async function cron(): Promise<Response> {
  await finish()
  return Response.json({ done: true })
}
