import { createAuthClient } from 'better-auth/react'

/** Sessions, at `/api/auth`; signing out in one tab reaches the others. */
export const authClient = createAuthClient()
