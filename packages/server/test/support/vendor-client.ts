// A client as its developer wrote it against a vendor's documentation: literal paths, raw query strings, raw bodies.

import type { RequestOptions } from 'node:http'
import type { TestBrowser } from './browser.ts'
import { sendRequest } from './http-request.ts'
import { type Answers, TestApp } from './test-app.ts'
import { usualBrowser } from './usual-browser.ts'
import { WEB_APP } from './world.ts'

export interface VendorAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  // biome-ignore lint/suspicious/noExplicitAny: the tests look into whatever came back
  readonly body: any
  readonly text: string
}

export const FORM = { 'content-type': 'application/x-www-form-urlencoded' }
export const JSON_TYPE = { 'content-type': 'application/json' }

/** POSTs these bytes with these headers, and no others that matter. */
export function post(
  url: string,
  body: string,
  headers: RequestOptions['headers'] = FORM,
): Promise<VendorAnswer> {
  return ask(url, { method: 'POST', body, headers })
}

export async function ask(
  url: string,
  options: RequestOptions & { body?: string } = {},
): Promise<VendorAnswer> {
  const { status, headers, text } = await sendRequest(url, options)
  const isJson = headers['content-type']?.startsWith('application/json') ?? false
  return { status, headers, text, body: isJson && text !== '' ? JSON.parse(text) : undefined }
}

/**
 * Opens a URL as it is; the user signs in and allows where they are asked: without a browser of their own, people sign
 * in the first time only. @returns the Location at the end, as sent
 */
export async function authorize(
  url: string,
  { browser: own, ...answers }: Answers & { browser?: TestBrowser } = {},
): Promise<string> {
  const issuer = new URL(url).origin
  const app = new TestApp({ issuer }, WEB_APP)
  const browser = own ?? usualBrowser(issuer, answers)
  const last = await app.answerPages(browser, await browser.openAndFollow(url), answers)
  const { sentLocation: location } = last
  if (location === undefined) throw new Error(`no redirect to the app: ${last.status} ${last.text}`)
  return location
}

/** The value of `code` in a Location; an app's callback would read it from its query. */
export function codeIn(location: string): string {
  return new URL(location).searchParams.get('code') ?? ''
}

/** The parts of a JWT, and its claims as they stand there. */
export function readJwt(token: string) {
  const [header = '', claims = ''] = token
    .split('.')
    .map((part) => Buffer.from(part, 'base64url').toString())
  return { header: JSON.parse(header), claims: JSON.parse(claims), claimsText: claims }
}
