import { copyFile, rm } from 'node:fs/promises'
import { expect, test } from './browserTest.ts'

test.setTimeout(120_000)

const backUp = (file: string) => copyFile(file, `${file}.backup`)

async function restore(file: string) {
  await Promise.all([`${file}-wal`, `${file}-shm`].map((log) => rm(log, { force: true })))
  await copyFile(`${file}.backup`, file)
}

test('shows the restored balance on a page that stays open while the ledger is restored from a backup', async ({
  app,
  stack,
  network,
  customer,
}) => {
  await customer.makePictures(1)
  await stack.restart('SIGTERM', { whileStopped: backUp })
  await app.open()
  await app.expectBalance('generations', { left: 9, of: 10 })
  // Flowglad never receives the usage that is missing from the backup.
  network.fail('/usage-events', 'unreachable')
  await customer.makePictures(9)
  await expect(app.paywall).toBeVisible()

  await stack.restart('SIGTERM', { whileStopped: restore })
  await app.expectBalance('generations', { left: 9, of: 10 })
  await expect(app.paywall).toHaveCount(0)
})
