// Invented stories as somebody answers them in the browser: each question's heading, and what is chosen there.

import { add } from './deciding.mjs'

const CALM = {
  'Are you worried about a child?': {
    "A child's own words about abuse": 'No',
    'A child suffering, or likely to suffer, significant harm': 'No',
    "A worry about a child's safety": 'No'
  },
  'Is an adult at risk?': {
    'An adult with care and support needs who is at risk': 'No',
    'A risk of serious harm to an adult': 'No',
    'Domestic abuse': 'No'
  },
  "Are the police or children's social care already acting on this?": {
    'The police already acting on this': 'No',
    "Children's social care already acting on this": 'No'
  }
}

const SOCIAL_CARE = "Council children's services (social care, early help)"

export const SAID = {
  'What is the information?': 'She says that her stepfather hits her with a belt.',
  'What kind of statement is it?': 'Allegation',
  'Where does it come from?': 'the child',
  'Whom is it about?': 'The child to be protected',
  'What is it about?': 'Crime, or a claim of crime',
  'Was it given in confidence?': 'No',
  'Does the recipient need it for this?': 'Yes'
}

export const SEEN = {
  'What is the information?': 'Marks seen on her arm.',
  'What kind of statement is it?': 'Fact',
  'Where does it come from?': 'the teacher',
  'Whom is it about?': 'The child to be protected',
  'What is it about?': 'Health',
  'Was it given in confidence?': 'No',
  'Does the recipient need it for this?': 'Yes'
}

// A child of nine has marks of a belt, and the man she fears collects her today. Told by her teacher, after the first question.
export const BELT = {
  ...CALM,
  'Are you worried about a child?': {
    "A child's own words about abuse": 'Yes',
    'A child suffering, or likely to suffer, significant harm': 'Yes',
    "A worry about a child's safety": 'Yes'
  },
  'Has this been passed on already?': { 'Has this been passed on already?': 'No' },
  'Is it about female genital mutilation?': 'It does not come up',
  'Is there a clear and proper reason to share?': {
    'Is there a clear and proper reason to share?': 'Yes',
    'What is it for, in one sentence?': 'So that social care can keep her safe tonight.'
  },
  'What is the sharing for?': ['To protect a child', 'To prevent, detect or look into crime'],
  'Who would receive it?': {
    'The kind of organisation or person that would receive it': SOCIAL_CARE,
    'A known person, role, team or duty desk to receive it': 'Yes',
    'Name of the person or team': 'the duty social worker'
  },
  'Is it safe to tell them?': {
    'A risk made worse by telling this recipient': 'No',
    "The recipient's identity and entitlement checked": 'Yes'
  },
  'Did somebody ask you for this?': 'Nobody asked: it is our own idea',
  'What would you share?': async page => { await add(page, SAID); await add(page, SEEN) },
  'Could anyone tell who it is about?': 'Yes',
  'Was it first collected for something else?': 'No',
  'How old is the person whose information it is?': 'Under 16',
  'Were they asked, and what did they say?': 'They were not asked',
  'Does the child understand what this is about?': 'No',
  'Does the person object?': 'No',
  'Why is consent not relied on?': {
    'Why is consent not relied on?': 'Asking would raise the risk, or cause harmful delay',
    'Why, in your own words': 'Asking at home would warn him before she is safe.'
  },
  'Is sharing this part of your own job?': 'Yes',
  'Is the child a pupil or student of yours?': 'Yes',
  'Does a court order or a law forbid it?': 'No',
  'Does it need to be shared now?': 'Yes',
  'Does it fit the risk?': { 'Does it fit the risk?': 'Yes' },
  'How will you share it?': 'By telephone',
  'Can you tell the person?': {
    'A risk made worse by telling the person': 'Yes',
    'The person told': 'Not yet',
    'If you do not tell them: why': 'He could take her out of reach.',
    'The day to look at this again': { Day: '30', Month: '11', Year: '2026' }
  }
}

// A father tells his doctor in confidence that he drinks and blacks out while alone with his baby.
export const TWO_PATIENTS = {
  ...CALM,
  'Are you worried about a child?': {
    "A child's own words about abuse": 'No',
    'A child suffering, or likely to suffer, significant harm': 'Yes',
    "A worry about a child's safety": 'Yes'
  },
  'Has this been passed on already?': { 'Has this been passed on already?': 'No' },
  'Is it about female genital mutilation?': 'It does not come up',
  'Is there a clear and proper reason to share?': { 'Is there a clear and proper reason to share?': 'Yes' },
  'What is the sharing for?': 'To protect a child',
  'What kind of organisation do you work for?': 'GP practice',
  'Who would receive it?': BELT['Who would receive it?'],
  'Is it safe to tell them?': BELT['Is it safe to tell them?'],
  'Did somebody ask you for this?': 'Nobody asked: it is our own idea',
  'What would you share?': async page => {
    await add(page, {
      'What is the information?': 'He drinks heavily again and blacks out while alone with the baby.',
      'What kind of statement is it?': 'Fact',
      'Where does it come from?': 'the father himself',
      'Whom is it about?': 'The person this is about',
      'What is it about?': 'Health',
      'Was it given in confidence?': 'Yes',
      'Does the recipient need it for this?': 'Yes'
    })
    await add(page, {
      'What is the information?': 'His knee surgery.',
      'What kind of statement is it?': 'Fact',
      'Whom is it about?': 'The person this is about',
      'What is it about?': 'Health',
      'Was it given in confidence?': 'Yes',
      'Does the recipient need it for this?': 'No'
    })
  },
  'Could anyone tell who it is about?': 'Yes',
  'How old is the person whose information it is?': '18 or over',
  'Were they asked, and what did they say?': 'They said no',
  'Can the person make this decision?': 'They can decide',
  'Does the person object?': 'Yes',
  'Could somebody be making them say it?': 'No',
  'Is anyone else at risk?': 'Yes',
  'Why is consent not relied on?': { 'Why is consent not relied on?': 'It is not reasonable to expect us to get it' },
  'Is sharing this part of your own job?': 'Yes',
  'Does a court order or a law forbid it?': 'No',
  'Which would do more harm: to share or not to share?': {
    'Which would do more harm: to share or not to share?': 'Not sharing would do more harm'
  },
  'Does it need to be shared now?': 'Yes',
  'Does it fit the risk?': { 'Does it fit the risk?': 'Yes' },
  'Can you tell the person?': { 'A risk made worse by telling the person': 'No', 'The person told': 'Not yet' }
}

// A two-year-old form says yes to sharing with "other agencies"; now the rent arrears are to go to the school.
export const TOO_WIDE = {
  ...CALM,
  'Is there a clear and proper reason to share?': { 'Is there a clear and proper reason to share?': 'Yes' },
  'What is the sharing for?': 'To give ordinary help and support',
  'Who would receive it?': {
    'The kind of organisation or person that would receive it': 'Maintained school or maintained nursery school',
    'A known person, role, team or duty desk to receive it': 'Yes',
    'Name of the person or team': 'the head of year'
  },
  'Is it safe to tell them?': BELT['Is it safe to tell them?'],
  'Did somebody ask you for this?': 'Nobody asked: it is our own idea',
  'What would you share?': page => add(page, {
    'What is the information?': 'The family owes rent.',
    'What kind of statement is it?': 'Fact',
    'Whom is it about?': 'The person this is about',
    'What is it about?': 'Ordinary',
    'Was it given in confidence?': 'No',
    'Does the recipient need it for this?': 'Not sure'
  }),
  'Could anyone tell who it is about?': 'Yes',
  'How old is the person whose information it is?': '18 or over',
  'Were they asked, and what did they say?': 'They said yes',
  'Is it a real and current yes?': {
    'Who gave the consent': 'The person themselves',
    'A clear yes': 'Yes',
    'A free choice': 'Yes',
    'Told enough to decide': 'No',
    'For a particular purpose': 'No',
    'Still in time': 'No',
    'Covers this recipient': 'No',
    'Covers this information': 'No'
  },
  'Can the person make this decision?': 'They can decide',
  'Does the person object?': 'No',
  'Could somebody be making them say it?': 'No',
  'Why is consent not relied on?': { 'Why is consent not relied on?': 'No such reason' },
  'Is sharing this part of your own job?': 'Yes',
  'Does a court order or a law forbid it?': 'No',
  'Does it need to be shared now?': 'No'
}

// A child's injuries are to go to "whoever deals with this at the council", by voicemail.
export const NO_RECIPIENT = {
  ...CALM,
  'Are you worried about a child?': {
    "A child's own words about abuse": 'No',
    'A child suffering, or likely to suffer, significant harm': 'Not sure',
    "A worry about a child's safety": 'Yes'
  },
  'Has this been passed on already?': { 'Has this been passed on already?': 'No' },
  'Is there a clear and proper reason to share?': { 'Is there a clear and proper reason to share?': 'Yes' },
  'What is the sharing for?': 'To protect a child',
  'Who would receive it?': {
    'The kind of organisation or person that would receive it': SOCIAL_CARE,
    'A known person, role, team or duty desk to receive it': 'No'
  },
  'Did somebody ask you for this?': 'Nobody asked: it is our own idea',
  'What would you share?': page => add(page, {
    'What is the information?': 'The injuries.',
    'What kind of statement is it?': 'Fact',
    'Where does it come from?': 'seen on examination',
    'Whom is it about?': 'The child to be protected',
    'What is it about?': 'Health',
    'Was it given in confidence?': 'Yes',
    'Does the recipient need it for this?': 'Yes'
  }),
  'Could anyone tell who it is about?': 'Yes',
  'How old is the person whose information it is?': 'Under 16',
  'Were they asked, and what did they say?': 'They were not asked',
  'Is sharing this part of your own job?': 'Yes',
  'Which would do more harm: to share or not to share?': {
    'Which would do more harm: to share or not to share?': 'Not sharing would do more harm'
  },
  'Does it need to be shared now?': 'Yes',
  'How will you share it?': 'By leaving a voicemail'
}
