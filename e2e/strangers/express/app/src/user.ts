import type { Request } from 'express'

export interface User {
  id: string
  name: string
  email: string
}

/** Replaces a real session: the cookie `user` contains the user's name. */
export function userOf(req: Request): User | null {
  const id: string | undefined = req.cookies.user
  return id ? { id, name: id, email: `${id}@example.com` } : null
}
