import { createAuthClient } from 'better-auth/react'

/** Signs users in and out at `/api/auth`. Signing out in one tab also signs out the other tabs. */
export const authClient = createAuthClient()
