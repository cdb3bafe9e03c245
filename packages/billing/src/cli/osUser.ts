import { userInfo } from 'node:os'

/** Returns the name of the operating system's user. */
export function osUser(): string {
  try {
    return userInfo().username
  } catch {
    // In a container, the user often has no name, so return the ID.
    return `uid ${process.getuid?.() ?? 'unknown'}`
  }
}
