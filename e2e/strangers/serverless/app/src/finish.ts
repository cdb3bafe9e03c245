import { sendLogs } from './logs.js'

/** Runs after each response, and every minute for what a broken function has left. */
export async function finish() {
  await sendLogs()
}
