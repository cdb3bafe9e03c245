import { userInfo } from 'node:os'

/** Returns the name of the operating system's user. */
export function osUser(): string {
  try {
    return userInfo().username
  } catch {
    // In a container, the user's ID often has no name.
    return `uid ${process.getuid?.() ?? 'unknown'}`
  }
}
