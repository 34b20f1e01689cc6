import { parse } from 'node-html-parser'
import { expect, test } from 'vitest'
import { SAMPLE_CONTEXT, SELECT_ACCOUNT } from '../../test/support/sample-pages.ts'
import { renderPage } from './render.ts'

const page = parse(renderPage(SELECT_ACCOUNT, SAMPLE_CONTEXT).html)

test('is one form with a button for each account, and one for another', () => {
  const form = page.querySelector('form')
  expect(form?.attributes).toEqual({ method: 'post', action: '/crm/authorize/account' })
  expect(page.querySelector('input')?.attributes).toEqual({
    type: 'hidden',
    name: 'interaction',
    value: 'sealed-request',
  })
  const buttons = page.querySelectorAll('button').map(({ attributes }) => attributes)
  expect(buttons).toEqual([
    { type: 'submit', name: 'account', value: 'session-1' },
    { type: 'submit', name: 'account', value: 'session-2' },
    { type: 'submit', name: 'account', value: '' },
  ])
})

test('names each account, once where name and username are the same', () => {
  const names = page.querySelectorAll('.who').map(({ text }) => text)
  expect(names).toEqual([
    'Ada Okafor' + 'ada@northwind.example',
    'ada@contoso.example',
    'Use another account',
  ])
})
