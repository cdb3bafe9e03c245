import type { IncomingMessage } from 'node:http'

export interface User {
  id: string
  name: string
  email: string
}

/** Replaces a real session: the cookie `user` contains the user's name. */
export function userOf(req: IncomingMessage): User | null {
  const id = /\buser=(\w+)/.exec(req.headers.cookie ?? '')?.[1]
  return id ? { id, name: id, email: `${id}@example.com` } : null
}
