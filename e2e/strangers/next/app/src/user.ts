import { cookies } from 'next/headers'

export interface User {
  id: string
  name: string
  email: string
}

/** A stand-in for a real session: the cookie `user` holds the user's name. */
export async function currentUser(): Promise<User | null> {
  const id = (await cookies()).get('user')?.value
  return id ? { id, name: id, email: `${id}@example.com` } : null
}
