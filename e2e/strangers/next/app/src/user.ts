import { cookies } from 'next/headers'

export interface User {
  id: string
  name: string
  email: string
}

/** Returns the user named in the `user` cookie. A real app would check a session. */
export async function currentUser(): Promise<User | null> {
  const id = (await cookies()).get('user')?.value
  return id ? { id, name: id, email: `${id}@example.com` } : null
}
