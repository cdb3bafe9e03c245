import '@fastify/cookie'
import type { FastifyRequest } from 'fastify'

export interface User {
  id: string
  name: string
  email: string
}

/** Returns the user named in the `user` cookie. A real app would check a session. */
export function userOf(req: FastifyRequest): User | null {
  const id = req.cookies.user
  return id ? { id, name: id, email: `${id}@example.com` } : null
}
