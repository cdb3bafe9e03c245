import type { IncomingMessage } from 'node:http'

export interface User {
  id: string
  name: string
  email: string
}

/** Returns the user named in the `user` cookie. A real app would check a session. */
export function userOf(req: IncomingMessage): User | null {
  const id = /\buser=(\w+)/.exec(req.headers.cookie ?? '')?.[1]
  return id ? { id, name: id, email: `${id}@example.com` } : null
}
