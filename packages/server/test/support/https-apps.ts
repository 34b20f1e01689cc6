// The callbacks of apps at https addresses that no machine has: what the browser asks of them is answered here, also at
// the end of a redirect, which Playwright's own routes do not see.

import type { Page } from 'playwright-core'

const APPS = 'https://*.example/*'

/** From here on the page finds every such app; its callback shows what it received. */
export async function answerForHttpsApps(page: Page): Promise<void> {
  const devTools = await page.context().newCDPSession(page)
  devTools.on('Fetch.requestPaused', ({ requestId, request }) => {
    const received = Object.fromEntries(new URL(request.url).searchParams)
    const text = JSON.stringify({ method: request.method, ...received })
    const html = `<!doctype html><title>Back in the app</title><pre id="received">${text}</pre>`
    void devTools.send('Fetch.fulfillRequest', {
      requestId,
      responseCode: 200,
      responseHeaders: [{ name: 'content-type', value: 'text/html' }],
      body: Buffer.from(html).toString('base64'),
    })
  })
  await devTools.send('Fetch.enable', { patterns: [{ urlPattern: APPS }] })
}
