import type { Page } from '@playwright/test'

/** Makes the browser ask websites to load less data, so that the app loads no code in advance. */
export const saveData = (page: Page) =>
  page.addInitScript(() => {
    const connection: unknown = Reflect.get(navigator, 'connection')
    if (typeof connection === 'object' && connection !== null)
      Object.defineProperty(connection, 'saveData', { value: true })
  })
