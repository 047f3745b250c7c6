// Chromium for tests: how it is started, and what every page of ours has to hold.

import assert from 'node:assert/strict';
import {existsSync, mkdirSync, readFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {join} from 'node:path';
import {chromium} from 'playwright-core';

const FLAGS = [
    '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync', '--allow-loopback-in-peer-connection', '--autoplay-policy=no-user-gesture-required',
];
export const PHONE = {width: 390, height: 844};
export const DESKTOP = {width: 1280, height: 800};
const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Debian's Chromium, or the one CHROMIUM names. */
export async function launchBrowser(moreFlags = []) {
    const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
    assert.ok(existsSync(executablePath), `${executablePath} is missing: apt-get install chromium`);
    return chromium.launch({executablePath, args: [...FLAGS, ...moreFlags]});
}

/**
 * Opens `url`. Options: size (PHONE, DESKTOP), colorScheme ('light' | 'dark'), httpCredentials, touch.
 * Returns the page; page.faults collects script errors, console errors and requests to other hosts.
 */
export async function openPage(browser, url, {size = DESKTOP, colorScheme = 'light', httpCredentials, reducedMotion, ignoreHTTPSErrors, ignore = []} = {}) {
    const context = await browser.newContext({viewport: size, colorScheme, httpCredentials, reducedMotion, ignoreHTTPSErrors, hasTouch: size === PHONE});
    const page = await context.newPage();
    page.faults = [];
    const own = new URL(url).host;
    const fault = (text) => ignore.some((pattern) => pattern.test(text)) || page.faults.push(text);
    page.on('pageerror', (error) => fault(`script error: ${error.message}`));
    page.on('console', (message) => message.type() === 'error' && fault(`console: ${message.text()}`));
    page.on('request', (request) => {
        const target = new URL(request.url());
        if (target.protocol.startsWith('http') && target.host !== own) fault(`request to another host: ${request.url()}`);
    });
    await page.goto(url);
    return page;
}

/** Waits until `video` (a locator) shows pictures that go on: videoWidth > 0 and currentTime advancing. Returns its size. */
export async function waitForVideo(page, video = page.locator('video').first(), timeout = 15_000) {
    await video.waitFor({state: 'attached', timeout});
    const handle = await video.elementHandle();
    await page.waitForFunction((element) => element.videoWidth > 0 && element.currentTime > 0, handle, {timeout});
    const before = await handle.evaluate((element) => element.currentTime);
    await page.waitForFunction(([element, then]) => element.currentTime > then + 0.3, [handle, before], {timeout});
    return handle.evaluate((element) => ({width: element.videoWidth, height: element.videoHeight}));
}

/** Fails with axe's own words when a rule is broken. */
export async function checkAccessibility(page, what) {
    await page.evaluate(axeSource);
    const {violations} = await page.evaluate(() => globalThis.axe.run(document, {resultTypes: ['violations']}));
    const told = violations.flatMap((violation) => violation.nodes.map((node) => `${violation.id}: ${node.target.flat().join(' ')}: ${node.failureSummary}`));
    assert.deepEqual(told, [], `${what}: accessibility`);
}

export async function checkWidth(page, what) {
    const {inner, scroll} = await page.evaluate(() => ({inner: innerWidth, scroll: document.documentElement.scrollWidth}));
    assert.ok(scroll <= inner, `${what}: ${scroll} px wide in a window of ${inner} px`);
}

/** Every visible control is at least 44 px high and wide. */
export async function checkTouchTargets(page, what) {
    const small = await page.evaluate(() => {
        const found = [];
        const walk = (root) => {
            for (const element of root.querySelectorAll('*')) {
                if (element.shadowRoot) walk(element.shadowRoot);
                if (!element.matches('button, select, input, a[href]')) continue;
                const {width, height, bottom} = element.getBoundingClientRect();
                const seen = width > 0 && bottom > 0 && element.checkVisibility();
                if (seen && (width < 43.5 || height < 43.5)) found.push(`${element.tagName} "${element.ariaLabel ?? element.textContent.trim()}" ${width}x${height}`);
            }
        };
        walk(document);
        return found;
    });
    assert.deepEqual(small, [], `${what}: touch targets`);
}

/** A picture of the page under SCREENSHOTS, when that is set. */
export async function screenshot(page, name, options = {}) {
    const folder = process.env.SCREENSHOTS;
    if (!folder) return;
    mkdirSync(folder, {recursive: true});
    await page.screenshot({path: join(folder, `${name}.png`), ...options});
}
