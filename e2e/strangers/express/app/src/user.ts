import type { Request } from 'express'

export interface User {
  id: string
  name: string
  email: string
}

/** Returns the user named in the `user` cookie. A real app would check a session. */
export function userOf(req: Request): User | null {
  const id: string | undefined = req.cookies.user
  return id ? { id, name: id, email: `${id}@example.com` } : null
}
