// The page in Chromium, against the real HTTP server over invented devices.

import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {mkdtempSync, rmSync} from 'node:fs';
import {get} from 'node:http';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {after, afterEach, before, beforeEach, test} from 'node:test';
import {DESKTOP, PHONE, checkAccessibility, checkTouchTargets, checkWidth, launchBrowser, openPage, screenshot, waitForVideo} from './lib/browser.mjs';
import {all, answers, attic, garden, hall, heater, lamp} from './lib/devices.mjs';
import {FakeGateway} from './lib/fake_gateway.mjs';
import {startPrefixProxy} from './lib/prefix_proxy.mjs';
import {answerWithMovingPicture} from './lib/video_sender.mjs';

/** Bytes on the wire: node's own fetch would unpack them. */
const gzipped = (url) => new Promise((resolve, reject) => get(url, {headers: {'Accept-Encoding': 'gzip'}}, (reply) => {
    let size = 0;
    reply.on('data', (part) => (size += part.length)).on('end', () => resolve(size));
}).on('error', reject));
const WAIT = {timeout: 10_000};
let browser, gateway, pages;

before(async () => {
    // Two pages of this browser talk to each other below: real addresses instead of mDNS names.
    browser = await launchBrowser(['--disable-features=WebRtcHideLocalIpsWithMdns', '--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream']);
});
after(() => browser?.close());

beforeEach(async () => {
    pages = [];
    gateway = await FakeGateway.start();
    for (const device of all) gateway.tell({device});
});
afterEach(async () => {
    for (const page of pages) await page.context().close();
    await gateway.stop();
    for (const page of pages) assert.deepEqual(page.faults, []);
});

async function open(hash = '#/', options = {}) {
    const page = await openPage(browser, gateway.url + hash, options);
    pages.push(page);
    return page;
}

/** The body of the next request of that name. */
async function requested(name) {
    for (;;) {
        const {request, body} = await gateway.next('request');
        if (request === name) return body;
    }
}

const switchOf = (page, name) => page.getByRole('switch', {name, exact: true});
const expectChecked = async (locator, checked) => locator.and(locator.page().locator(`[aria-checked="${checked}"][aria-busy="false"]`)).waitFor(WAIT);

test('Home shows cameras before plugs, by name, and why one does not answer', async () => {
    const page = await open();
    await page.getByText('Hallway camera').waitFor(WAIT);
    const names = await page.locator('article').evaluateAll((tiles) => tiles.map((tile) => tile.ariaLabel));
    assert.deepEqual(names, ['Attic camera', 'Garden', 'Hallway camera', 'Heater', 'Pump with a name that is rather longer than a phone is wide', 'Reading lamp']);
    await page.locator('tp-camera-tile').getByText('Wrong account password').waitFor(WAIT);
    await page.locator('tp-plug-tile').getByText('Unreachable since 14:02').waitFor(WAIT);
    await page.getByText('On · 42.7 W').waitFor(WAIT);
    await page.locator('tp-camera-tile').getByRole('img', {name: 'Last picture of Hallway camera'}).waitFor(WAIT);
    assert.equal(await page.title(), 'tplink2mqtt');
});

test('a hub is not called a plug', async () => {
    const hub = {...lamp, id: '98254a0000ff', name: 'Hall hub', family: 'tapo_camera'};
    gateway.tell({device: hub});
    const page = await open();
    await page.getByRole('region', {name: 'Hubs and sensors'}).getByText(hub.name).waitFor(WAIT);
    assert.equal(await page.getByRole('region', {name: 'Plugs'}).getByText(hub.name).count(), 0);
    gateway.tell({remove: hub.id});
});

test('a click on a switch is busy until the device confirms', async () => {
    const page = await open();
    gateway.tell({hold: true});
    const heaterSwitch = switchOf(page, 'Heater');
    await expectChecked(heaterSwitch, false);
    await heaterSwitch.click();
    assert.deepEqual((await gateway.next('set')).set, {id: heater.id, values: {state: 'ON'}});
    await heaterSwitch.and(page.locator('[aria-busy="true"][aria-checked="false"]')).waitFor(WAIT);
    await heaterSwitch.click(); // is not sent twice
    gateway.tell({hold: false});
    await expectChecked(heaterSwitch, true);
    await heaterSwitch.click();
    assert.deepEqual((await gateway.next('set')).set.values, {state: 'OFF'});
    await expectChecked(heaterSwitch, false);
});

test('a change at the device arrives by itself', async () => {
    const page = await open();
    await expectChecked(switchOf(page, 'Reading lamp'), true);
    gateway.tell({state: {id: lamp.id, values: {state: 'OFF', power: 0}}});
    await expectChecked(switchOf(page, 'Reading lamp'), false);
    await page.getByText('Off · 0 W').waitFor(WAIT);
    gateway.tell({device: {...heater, name: 'Boiler'}});
    await switchOf(page, 'Boiler').waitFor(WAIT);
    gateway.tell({remove: lamp.id});
    await switchOf(page, 'Reading lamp').waitFor({state: 'detached'});
});

test('a refused command slides back and says why', async () => {
    gateway.tell({refuse: {id: hall.id, property: 'privacy', message: 'The camera is patrolling; stop the patrol first.'}});
    const page = await open(`#/device/${hall.id}`);
    await switchOf(page, 'Privacy').click();
    const why = page.getByRole('alert').filter({hasText: 'The camera is patrolling; stop the patrol first.'});
    await why.waitFor(WAIT);
    await expectChecked(switchOf(page, 'Privacy'), false);
    gateway.tell({state: {id: hall.id, values: {privacy: 'ON'}}});
    await expectChecked(switchOf(page, 'Privacy'), true);
    await why.waitFor({state: 'detached'});
});

test('every kind of control sends its value', async () => {
    const page = await open(`#/device/${hall.id}`);
    const sent = async () => (await gateway.next('set')).set.values;
    const slider = page.getByRole('slider', {name: 'Motion sensitivity'});
    await slider.focus();
    await page.keyboard.press('ArrowRight');
    assert.deepEqual(await sent(), {motion_sensitivity: 61});
    await page.getByLabel('Night vision').selectOption('off');
    assert.deepEqual(await sent(), {night_vision: 'off'});
    await page.getByLabel('Record length').fill('600');
    await page.getByLabel('Record length').press('Enter');
    assert.deepEqual(await sent(), {record_minutes: 600});
    await page.getByLabel('Text in the picture').fill('Hall & stairs');
    await page.getByRole('button', {name: 'Save', exact: true}).click();
    assert.deepEqual(await sent(), {osd_text: 'Hall & stairs'});
    await page.getByRole('button', {name: 'Tilt up'}).click();
    assert.deepEqual(await sent(), {ptz_up: 'PRESS'});
    await page.keyboard.press('ArrowLeft');
    assert.deepEqual(await sent(), {ptz_left: 'PRESS'});
    page.once('dialog', (dialog) => dialog.accept());
    await page.getByRole('button', {name: 'Restart'}).click();
    assert.deepEqual(await sent(), {reboot: 'PRESS'});
    await page.getByText('normal', {exact: true}).waitFor(WAIT);
    await page.getByText('-58 dBm').waitFor(WAIT);
});

test('works under a prefix, as ingress serves it', async () => {
    const proxy = await startPrefixProxy(gateway.port, '/api/hassio_ingress/t0k-en_1');
    try {
        const page = await openPage(browser, proxy.url);
        pages.push(page);
        await page.getByRole('img', {name: 'Last picture of Hallway camera'}).waitFor(WAIT);
        await switchOf(page, 'Heater').click();
        await expectChecked(switchOf(page, 'Heater'), true);
        gateway.tell({state: {id: heater.id, values: {state: 'OFF'}}});
        await expectChecked(switchOf(page, 'Heater'), false);
        await page.getByRole('link', {name: /Hallway camera/}).click();
        await page.getByText('Status LED').waitFor(WAIT);
        await page.getByText(`${proxy.url}api/devices/${hall.id}/snapshot.jpg`).waitFor(WAIT);
        assert.match((await gateway.next('offer')).offer.sdp, /m=video/);
        await page.reload();
        await page.getByRole('heading', {name: 'Hallway camera'}).waitFor(WAIT);
    } finally {
        await pages.at(-1)?.goto('about:blank');
        proxy.close();
    }
});

for (const colorScheme of ['light', 'dark']) {
    for (const [sizeName, size] of [['desktop', DESKTOP], ['phone', PHONE]]) {
        test(`accessible, within the window and touchable: ${sizeName}, ${colorScheme}`, async () => {
            gateway.tell({whep_error: {status: 503, message: 'Privacy is on.', hint: 'Turn it off to watch.'}, no_picture: garden.id});
            gateway.tell({found: [{host: '192.168.1.31', model: 'C225', name: 'Nursery', known: false}]});
            gateway.tell({answers});
            gateway.tell({log: {time: '2026-01-02T03:04:05Z', level: 'warning', device: 'Hall', message: `long ${'word'.repeat(60)}`}});
            const places = {home: '#/', camera: `#/device/${hall.id}`, offline: `#/device/${attic.id}`, plug: `#/device/${lamp.id}`, add: '#/add', system: '#/system'};
            const page = await open('#/', {size, colorScheme, reducedMotion: 'reduce', ignore: [/503/]});
            for (const [name, hash] of Object.entries(places)) {
                await page.evaluate((to) => (location.hash = to), hash);
                await page.locator({home: 'tp-plug-tile', add: 'tp-add li', system: 'tp-system .log div'}[name] ?? 'tp-facts').first().waitFor(WAIT);
                if (name === 'camera') await page.getByText('Turn it off to watch.').waitFor(WAIT);
                if (name === 'camera') await page.getByText('Last exchanges').click();
                if (name === 'system') for (const section of await page.locator('tp-settings summary').all()) await section.click();
                await checkAccessibility(page, name);
                await checkWidth(page, name);
                await checkTouchTargets(page, name);
                await screenshot(page, `${name}-${sizeName}-${colorScheme}`);
            }
        });
    }
}

test('live view: video in place, sound, and the session is given back', async () => {
    const page = await open('#/', {size: PHONE});
    await page.getByRole('button', {name: 'Watch Hallway camera'}).click();
    const {offer} = await gateway.next('offer');
    assert.equal(offer.id, hall.id);
    assert.equal(offer.stream, 'main');
    await page.locator('tp-live').getByRole('img', {name: 'Last picture of Hallway camera'}).waitFor(WAIT); // the poster, meanwhile
    const sender = await answerWithMovingPicture(browser, offer.sdp);
    gateway.tell({answer: sender.sdp});
    const size = await waitForVideo(page);
    assert.deepEqual(size, {width: 320, height: 180});
    await page.locator('video.moving').waitFor(WAIT);
    await screenshot(page, 'live-phone');
    const sound = page.getByRole('button', {name: 'Sound'});
    assert.equal(await sound.getAttribute('aria-pressed'), 'false');
    await sound.click();
    assert.equal(await page.locator('video').evaluate((video) => video.muted), false);
    await page.getByRole('button', {name: 'Close live view'}).click();
    assert.equal((await gateway.next('closed')).closed, 'session1');
    await page.getByRole('button', {name: 'Watch Hallway camera'}).waitFor(WAIT);
    await sender.close();
});

test('live view says why it cannot show anything, and tries again by itself', async () => {
    gateway.tell({whep_error: {status: 503, message: 'The camera is already watched by two programs.', hint: 'Close one of them.'}});
    const page = await open(`#/device/${hall.id}`, {ignore: [/503/]});
    await page.getByText('The camera is already watched by two programs.').waitFor(WAIT);
    await page.getByText('Close one of them.').waitFor(WAIT);
    gateway.tell({whep_error: null});
    const {offer} = await gateway.next('offer');
    const sender = await answerWithMovingPicture(browser, offer.sdp);
    gateway.tell({answer: sender.sdp});
    await waitForVideo(page);
    await page.getByText('The camera is already watched').waitFor({state: 'hidden'});
    await sender.close();
});

test('what trying again cannot heal waits for a person', async () => {
    gateway.tell({whep_error: {status: 406, message: 'The camera sends H.265, which this browser cannot play.', hint: 'Watch it over RTSP.'}});
    const page = await open(`#/device/${hall.id}`, {ignore: [/406/]});
    await page.getByText('Watch it over RTSP.').waitFor(WAIT);
    gateway.tell({whep_error: null});
    await page.getByRole('button', {name: 'Try again'}).click();
    await gateway.next('offer');
});

test('outlives a restart of the gateway and says so once', async () => {
    const page = await open('#/', {ignore: [/net::ERR_/]});
    await expectChecked(switchOf(page, 'Reading lamp'), true);
    const port = gateway.port;
    await gateway.stop();
    await page.getByText('The gateway does not answer. Trying again by itself').waitFor(WAIT);
    gateway = await FakeGateway.start(['--port', String(port)]);
    gateway.tell({device: {...lamp, state: {...lamp.state, state: 'OFF'}}});
    await page.getByText('Connected again').waitFor(WAIT);
    await expectChecked(switchOf(page, 'Reading lamp'), false);
    assert.equal(await page.getByText('The gateway does not answer').count(), 0);
    gateway.tell({state: {id: lamp.id, values: {state: 'ON'}}});
    await expectChecked(switchOf(page, 'Reading lamp'), true);
});

test('tiles outside the view load nothing', async () => {
    for (let n = 0; n < 100; ++n) gateway.tell({device: {...hall, id: `c${String(n).padStart(11, '0')}`, name: `Camera ${n}`}});
    const page = await open('#/', {size: PHONE});
    await page.getByRole('img').first().waitFor(WAIT);
    await page.getByText('Camera 99', {exact: true}).waitFor({...WAIT, state: 'attached'});
    gateway.tell({count: true});
    const {snapshots} = await gateway.next('snapshots');
    assert.ok(snapshots > 0 && snapshots < 20, `${snapshots} pictures loaded`);
    await page.getByText('Camera 99', {exact: true}).scrollIntoViewIfNeeded();
    await page.getByRole('img', {name: 'Last picture of Camera 99'}).waitFor(WAIT);
});

test('a new capability appears by itself, and text from outside stays text', async () => {
    const evil = '<img src=x onerror=alert(1)>';
    gateway.tell({device: {...hall, name: evil, capabilities: [{id: 'new_thing', name: `New ${evil}`, kind: 'number', writable: true, category: 'main', min: 0, max: 10, step: 1}], state: {new_thing: 3}}});
    const page = await open(`#/device/${hall.id}`);
    await page.getByRole('heading', {name: evil}).waitFor(WAIT);
    await page.getByRole('slider', {name: `New ${evil}`}).waitFor(WAIT);
});

test('a refused password is asked for where it is missed', async () => {
    const page = await open();
    await page.getByRole('button', {name: 'Enter password'}).click();
    await page.getByLabel('User name or e-mail').fill('me@example.com');
    await page.getByLabel('Password', {exact: true}).fill(' p;ä ');
    await checkAccessibility(page, 'password dialog');
    await page.getByRole('button', {name: 'Log in'}).click();
    assert.deepEqual((await gateway.next('changed')).changed, {id: attic.id, changes: {username: 'me@example.com', password: ' p;ä '}});
    await page.getByRole('dialog').waitFor({state: 'hidden'});
});

test('devices are found and added', async () => {
    gateway.tell({found: [{host: '192.168.1.31', model: 'C225', name: 'Nursery', transport: 'TPAP', known: false}, {host: '192.168.1.20', name: 'Hallway camera', known: true}]});
    const page = await open('#/add');
    await page.getByText('C225 · 192.168.1.31 · TPAP').waitFor(WAIT);
    await page.getByRole('button', {name: 'Add Nursery'}).click();
    assert.deepEqual((await gateway.next('added')).added, {host: '192.168.1.31'});
    await page.getByText('192.168.1.31 was added.').waitFor(WAIT);
    await page.getByRole('textbox', {name: 'Address'}).fill('192.0.2.99');
    await page.getByRole('button', {name: 'Add', exact: true}).click();
    await page.getByText('192.0.2.99 does not answer.', {exact: true}).waitFor(WAIT);
    await page.getByText('Check the address and that the device has power.').waitFor(WAIT);
    await assert.rejects(gateway.next('added', 300), 'what does not let us in is not added');
});

test('the login is told step by step before a device is added', async () => {
    const page = await open('#/add');
    await page.getByRole('textbox', {name: 'Address'}).fill('192.168.1.40');
    await page.getByRole('textbox', {name: 'User'}).fill('admin');
    await page.getByLabel('Password').fill('p;ä');
    await page.getByRole('button', {name: 'Add', exact: true}).click();
    const body = await requested('device/test');
    assert.deepEqual({...body, token: ''}, {host: '192.168.1.40', username: 'admin', password: 'p;ä', token: ''});
    await page.getByText('Password accepted').waitFor(WAIT);
    assert.deepEqual((await gateway.next('added')).added, {host: '192.168.1.40', username: 'admin', password: 'p;ä'});
});

test('settings: only what was changed is sent, and can be given back to the file', async () => {
    gateway.tell({answers});
    const page = await open('#/system');
    await page.getByRole('button', {name: 'Nothing to save'}).waitFor(WAIT);
    await page.locator('summary', {hasText: 'MQTT broker'}).click();
    await page.getByLabel('Port').fill('1884');
    await switchOf(page, 'Encrypted').click();
    await page.getByRole('button', {name: 'Save 2 changes'}).click();
    assert.deepEqual(await requested('options'), {'mqtt.port': 1884, 'mqtt.tls': true});
    await page.getByText('Saved.').waitFor(WAIT);
    await page.locator('summary', {hasText: 'Looking for devices'}).click();
    await page.getByRole('button', {name: 'Back to the file: Seconds between two searches'}).click();
    await page.getByLabel('More addresses').fill('192.168.3.0/24, 192.168.4.7');
    await page.keyboard.press('Tab');
    await page.getByRole('button', {name: 'Save 2 changes'}).click();
    assert.deepEqual(await requested('options'), {'discovery.interval_s': null, 'discovery.targets': ['192.168.3.0/24', '192.168.4.7']});
    await page.locator('summary', {hasText: 'Log'}).click();
    assert.ok(await page.locator('tp-settings').getByLabel('Level').isDisabled(), 'set by the environment');
    assert.equal(await page.getByLabel('E-mail').inputValue(), '', 'no secret reaches the page');
});

test('System: bundle, restart, and every address with its reason', async () => {
    gateway.tell({answers});
    const page = await open('#/system');
    await page.getByText('device: Hallway camera').waitFor(WAIT);
    await page.getByText('not expected').waitFor(WAIT);
    const download = page.waitForEvent('download');
    await page.getByRole('link', {name: 'Download diagnostics'}).click();
    assert.equal((await download).suggestedFilename(), 'tplink2mqtt-diagnostics.zip');
    await page.getByRole('button', {name: 'Restart the gateway'}).click();
    await page.getByText('connects again by itself').waitFor(WAIT);
});

test('a mailed code is asked for on Home and sent', async () => {
    gateway.tell({answers: {cloud: {account: {state: 'mfa_needed', message: 'A code was mailed.'}}}});
    const page = await open('#/');
    await page.getByLabel('TP-Link mailed a code').fill('123456');
    await checkAccessibility(page, 'mailed code');
    await page.getByRole('button', {name: 'Enter the mailed code'}).click();
    assert.deepEqual(await requested('account/mfa'), {code: '123456'});
});

test('a token for a program is made, shown once and taken back', async () => {
    gateway.tell({answers: {tokens: {tokens: ['Node-RED']}, 'tokens/make': {name: 'Grafana', token: 'tp_0123'}, 'tokens/revoke': {name: 'Node-RED'}}});
    const page = await open('#/system');
    await page.getByLabel('Program').fill('Grafana');
    await page.getByRole('button', {name: 'Make a token'}).click();
    await page.getByText('tp_0123').waitFor(WAIT);
    await page.getByRole('button', {name: 'Take back Node-RED'}).click();
    assert.deepEqual(await requested('tokens/revoke'), {name: 'Node-RED'});
});

test('a device is renamed, shows its exchanges and events, and is removed after a question', async () => {
    gateway.tell({answers});
    gateway.tell({detection: {id: hall.id, event_type: 'motion', source: 'onvif', time: new Date().toISOString()}});
    const page = await open(`#/device/${hall.id}`);
    await page.locator('tp-events').getByText('Motion').waitFor(WAIT);
    gateway.tell({detection: {id: hall.id, event_type: 'person', source: 'onvif', time: new Date().toISOString()}});
    await page.locator('tp-events').getByText('Person').waitFor(WAIT);
    await page.getByText('Last exchanges').click();
    await page.getByText('no answer within 5 s').waitFor(WAIT);
    await page.locator('tp-device-options').getByLabel('Name').fill('Porch');
    await page.getByRole('button', {name: 'Save changes'}).click();
    assert.deepEqual((await gateway.next('changed')).changed, {id: hall.id, changes: {name: 'Porch'}});
    await page.getByRole('button', {name: 'Remove'}).click();
    await page.getByRole('dialog').getByRole('button', {name: 'Keep'}).click();
    await page.getByRole('button', {name: 'Remove'}).click();
    await page.getByRole('dialog').getByRole('button', {name: 'Remove'}).click();
    await page.getByText('Garden').waitFor(WAIT); // Home
    await page.getByText('Hallway camera').waitFor({state: 'detached'});
});

test('recordings: a day, its list, play and download; the days that have any', async () => {
    const thisMonth = new Date().toISOString().slice(0, 7);
    const page = await open(`#/device/${hall.id}`);
    await page.route('**/recordings?date=*', (route) => route.fulfill({json: [{id: 'r1', start: '2026-01-02T03:04:05Z', end: '2026-01-02T03:05:35Z', type: 'motion'}]}));
    await page.route('**/recordings?month=*', (route) => route.fulfill({json: {days: new URL(route.request().url()).searchParams.get('month') === thisMonth ? [`${thisMonth}-01`] : []}}));
    await page.route('**/recordings/r1.jpg', (route) => route.fulfill({path: new URL('picture.jpg', import.meta.url).pathname, contentType: 'image/jpeg'}));
    await page.route('**/recordings/r1.mp4*', (route) => route.fulfill({status: 200, contentType: 'video/mp4', body: ''}));
    await page.getByRole('button', {name: 'Show recordings'}).click();
    await page.getByText('1:30').waitFor(WAIT);
    assert.match(await page.getByRole('link', {name: /^Download \d/}).getAttribute('href'), /\/recordings\/r1\.mp4$/);
    await page.getByRole('button', {name: /^Play \d/}).click();
    await page.locator('video[aria-label="Recording"]').waitFor(WAIT);
    const days = page.getByRole('group', {name: 'Days with recordings'});
    const asked = page.waitForRequest(`**/recordings?date=${thisMonth}-01`);
    await days.getByRole('button', {name: /\b1\b/}).click();
    await asked;
    assert.equal(await page.locator('tp-recordings input[type=date]').inputValue(), `${thisMonth}-01`);
    await days.getByRole('button', {name: 'Month before'}).click();
    await days.getByText(/no recordings/).waitFor(WAIT);
});

test('talk: what the microphone hears is sent when the button is let go', async () => {
    const page = await open(`#/device/${hall.id}`);
    await page.context().grantPermissions(['microphone']);
    const sent = new Promise((resolve) => page.route('**/talk', (route) => {
        resolve(route.request());
        return route.fulfill({json: {}});
    }));
    const button = page.getByRole('button', {name: 'Hold to talk'});
    await button.hover();
    await page.mouse.down();
    await page.getByText('let go to send').waitFor(WAIT);
    await page.waitForTimeout(600); // something to hear
    await page.mouse.up();
    const request = await sent;
    assert.equal(request.headers()['content-type'], 'audio/wav');
    assert.equal(request.postDataBuffer().subarray(0, 4).toString(), 'RIFF');
    await button.waitFor(WAIT);
});

test('the first load is small', async () => {
    const page = await (await fetch(gateway.url)).text();
    let bytes = page.length;
    for (const [, link] of page.matchAll(/(?:src|href)="([^"]+)"/g)) bytes += (await gzipped(gateway.url + link));
    assert.ok(bytes <= 150 * 1024, `${bytes} bytes`);
});

test('System tells what is wrong and filters the log', async () => {
    gateway.tell({log: {level: 'info', device: 'Hall', message: 'first line'}});
    gateway.tell({healthy: false});
    const page = await open('#/system', {ignore: [/503/]});
    await page.getByText('the broker refuses the connection').waitFor(WAIT);
    await page.getByText('first line').waitFor(WAIT);
    gateway.tell({log: {level: 'error', device: 'Attic', message: 'second line'}});
    await page.getByText('second line').waitFor(WAIT);
    await page.getByLabel('Level').selectOption('error');
    await page.getByText('first line').waitFor({state: 'detached'});
    await page.getByLabel('Level').selectOption('debug');
    await page.getByLabel('Device').selectOption('Hall');
    await page.getByText('second line').waitFor({state: 'detached'});
    await page.getByText('first line').waitFor(WAIT);
});

test('a password protects it, and the browser keeps it', async () => {
    await gateway.stop();
    gateway = await FakeGateway.start(['--password', 'sécret']);
    gateway.tell({device: lamp});
    const page = await open('#/', {httpCredentials: {username: 'admin', password: 'sécret'}});
    await switchOf(page, 'Reading lamp').click();
    await expectChecked(switchOf(page, 'Reading lamp'), false);
    assert.equal((await fetch(gateway.url)).status, 401);
});

/** The form asks under a name; at 127.0.0.1 the browser's own dialog stays for scripts. */
async function openForm(options = {}, hash = '#/') {
    await gateway.stop();
    gateway = await FakeGateway.start(['--password', 'sécret + more']);
    gateway.tell({device: lamp});
    const page = await openPage(browser, `http://gateway.localhost:${gateway.port}/${hash}`, {ignore: [/401/], ...options});
    pages.push(page);
    await page.getByRole('button', {name: 'Sign in'}).waitFor(WAIT);
    return page;
}

async function fillForm(page, password) {
    await page.getByLabel('User name').fill('admin');
    await page.getByLabel('Password').fill(password);
    await page.keyboard.press('Enter');
}

test('signing in by the form, staying in, and signing out', async () => {
    const page = await openForm({}, `#/device/${lamp.id}`);
    assert.equal(await page.evaluate(() => document.activeElement.id), 'password');
    await fillForm(page, 'wrong');
    await page.getByRole('alert').getByText('Wrong user name or password.').waitFor(WAIT);
    await fillForm(page, 'sécret + more');
    await page.getByRole('heading', {name: 'Reading lamp'}).waitFor(WAIT); // the place that was asked for
    const [cookie] = await page.context().cookies();
    assert.deepEqual([cookie.httpOnly, cookie.sameSite, cookie.path], [true, 'Lax', '/']);
    assert.equal(await page.evaluate(() => document.cookie), '');
    await page.reload();
    await page.getByRole('link', {name: 'Home', exact: true}).click();
    await switchOf(page, 'Reading lamp').click();
    await expectChecked(switchOf(page, 'Reading lamp'), false);
    await page.getByRole('link', {name: 'System'}).click();
    const other = await page.context().newPage(); // a second tab
    await other.goto(page.url());
    await page.getByRole('button', {name: 'Sign out'}).click();
    await page.getByRole('button', {name: 'Sign in'}).waitFor(WAIT);
    await other.getByRole('button', {name: 'Sign in'}).waitFor(WAIT);
});

test('the form holds on a phone and a desktop, light and dark', async () => {
    for (const [name, size] of [['phone', PHONE], ['desktop', DESKTOP]]) {
        for (const colorScheme of ['light', 'dark']) {
            const page = await openForm({size, colorScheme});
            await checkAccessibility(page, `sign-in ${name} ${colorScheme}`);
            await checkWidth(page, `sign-in ${name}`);
            await checkTouchTargets(page, `sign-in ${name}`);
            if (colorScheme === 'dark') {
                await fillForm(page, 'wrong');
                await page.getByRole('alert').waitFor(WAIT);
                await checkAccessibility(page, `sign-in refused ${name}`);
            }
            await screenshot(page, `sign-in-${name}-${colorScheme}`);
        }
    }
});

test('the form works below a prefix and without scripts', async () => {
    await gateway.stop();
    gateway = await FakeGateway.start(['--password', 'sécret + more']);
    gateway.tell({device: lamp});
    const proxy = await startPrefixProxy(gateway.port, '/a/prefix');
    const context = await browser.newContext({javaScriptEnabled: false});
    try {
        const page = await context.newPage();
        await page.goto(proxy.url.replace('127.0.0.1', 'gateway.localhost'));
        await fillForm(page, 'sécret + more');
        await page.locator('tp-app').waitFor({state: 'attached', ...WAIT});
        assert.equal(new URL(page.url()).pathname, '/a/prefix/');
        const [cookie] = await context.cookies();
        assert.equal(cookie.path, '/a/prefix');
    } finally {
        await context.close();
        proxy.close();
    }
});

test('the page by its own HTTPS: sign in, events, live view', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tplink2mqtt-page-'));
    const [cert, key] = ['cert', 'key'].map((name) => join(folder, `${name}.pem`));
    try {
        execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', '/CN=gateway', '-keyout', key, '-out', cert], {stdio: 'ignore'});
        await gateway.stop();
        gateway = await FakeGateway.start(['--password', 'sécret', '--cert', cert, '--key', key]);
        for (const device of all) gateway.tell({device});
        // Whoever comes by http:// is sent on.
        const page = await openPage(browser, `http://gateway.localhost:${gateway.port}/#/`, {size: PHONE, ignoreHTTPSErrors: true, ignore: [/401/]});
        pages.push(page);
        assert.equal(new URL(page.url()).protocol, 'https:');
        await fillForm(page, 'sécret');
        await page.getByRole('button', {name: 'Watch Hallway camera'}).click();
        assert.equal((await page.context().cookies())[0].secure, true);
        const {offer} = await gateway.next('offer');
        const sender = await answerWithMovingPicture(browser, offer.sdp);
        gateway.tell({answer: sender.sdp});
        await waitForVideo(page);
        await page.getByRole('button', {name: 'Close live view'}).click();
        await gateway.next('closed');
        gateway.tell({state: {id: lamp.id, values: {state: 'OFF'}}}); // by the event stream
        await expectChecked(switchOf(page, 'Reading lamp'), false);
        await sender.close();
    } finally {
        rmSync(folder, {recursive: true});
    }
});
