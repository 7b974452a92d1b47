//! Every page in each of its states renders: with a typed context, a title, one main heading, and no stray placeholder.

use minijinja::{Environment, UndefinedBehavior};
use serde::Serialize;

use super::page::{Frame, FrameFor, Number, Page, Who, render};
use super::site::templates;

/// The templates with nothing forgiven: whatever they name must be there. The GOV.UK components, which name much that need not be there, are
/// stood in for.
fn strict() -> Environment<'static> {
    const COMPONENTS: [(&str, &str); 7] = [
        ("radios", "govukRadios"),
        ("checkboxes", "govukCheckboxes"),
        ("input", "govukInput"),
        ("textarea", "govukTextarea"),
        ("date-input", "govukDateInput"),
        ("error-summary", "govukErrorSummary"),
        ("password-input", "govukPasswordInput"),
    ];
    let mut environment = templates();
    for (component, name) in COMPONENTS {
        let path = format!("govuk_frontend_jinja/components/{component}/macro.html");
        environment.add_template_owned(path, format!("{{% macro {name}(given) %}}{{% endmacro %}}")).unwrap();
    }
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment
}

/// Renders every sample of a page, signed in and out, and gives back what they look like.
fn rendered<P: Page + Serialize>() -> Vec<String> {
    let (templates, strict) = (templates(), strict());
    let who = Who { name: "Amina Hart".into(), role_title: "Teacher".into(), organisation: "Larkfield School".into() };
    let number = Number::new("children-social-care", "Children's social care, Ashdale Council", "01632 960 123", "");
    let signed_in = FrameFor {
        who: Some(who),
        casework: true,
        administrator: true,
        oversees: Some(2),
        emergencies: vec![super::page::RunningAccess {
            id: "0198f".into(),
            matter: "0198d".into(),
            until: "3:15pm".into(),
        }],
        disposes: true,
        demo: true,
        numbers: vec![number],
    };
    let samples = P::samples();
    assert!(!samples.is_empty(), "{} has no samples", P::TEMPLATE);
    let mut pages = Vec::new();
    for (state, page) in &samples {
        for of in [signed_in.clone(), FrameFor::default()] {
            let named = render(&strict, &Frame::new(of.clone(), P::MENU), page);
            named.unwrap_or_else(|fault| panic!("{} ({state}) names what is not there: {fault:#}", P::TEMPLATE));
            let html = render(&templates, &Frame::new(of, P::MENU), page);
            let html = html.unwrap_or_else(|fault| panic!("{} ({state}): {fault:#}", P::TEMPLATE));
            assert_eq!(html.matches("<h1").count(), 1, "{} ({state}) has one main heading:\n{html}", P::TEMPLATE);
            for stray in ["{{", "{%", "undefined", ">none<", "[object"] {
                assert!(!html.contains(stray), "{} ({state}) contains {stray}:\n{html}", P::TEMPLATE);
            }
            runs_nothing_in_place(&html, P::TEMPLATE);
            assert!(
                html.contains("What to do</span></summary>"),
                "{} ({state}) keeps danger one step away",
                P::TEMPLATE
            );
            assert_eq!(
                page.in_error(),
                html.contains("<title>Error: "),
                "{} ({state}) says so in its title",
                P::TEMPLATE
            );
            pages.push(html);
        }
    }
    pages
}

/// The policy forbids scripts and styles that stand in a page: one that needs them would be broken, and one that put them together from what
/// people type would be worse.
fn runs_nothing_in_place(html: &str, template: &str) {
    for tag in html.replace("&#x2f;", "/").split('<').skip(1).filter_map(|rest| rest.split('>').next()) {
        assert!(!tag.starts_with("style"), "{template}: <{tag}>");
        assert!(!tag.starts_with("script") || tag.contains(" src=\"/assets/"), "{template}: <{tag}>");
        let attributes = tag.split_whitespace().skip(1).filter_map(|one| one.split_once('=')).map(|(name, _)| name);
        for name in attributes {
            assert!(name != "style" && !name.starts_with("on"), "{template}: <{tag}>");
        }
        assert!(!tag.to_lowercase().contains("javascript:"), "{template}: <{tag}>");
    }
}

macro_rules! every_page {
    ($($name:ident: $page:ty;)+) => {$(
        #[test]
        fn $name() {
            rendered::<$page>();
        }
    )+};
}

#[test]
#[should_panic(expected = "onclick")]
fn a_page_that_ran_something_in_place_would_be_noticed() {
    runs_nothing_in_place("<p class=\"a\" onclick=\"go()\">Go</p>", "a template");
}

// A page that is missing here is not tested: add yours.
every_page! {
    the_error_page: super::stopped::ErrorPage;
    the_way_out_to_a_provider: super::with_provider::WayOutPage;
    the_sign_in_page: super::door::SignInPage;
    the_page_of_the_one_time_code: super::door::second::CodePage;
    setting_up_a_one_time_code: super::door::second::SetUpPage;
    the_recovery_codes: super::door::second::CodesPage;
    proving_again_who_one_is: super::door::confirm::ConfirmPage;
    ones_own_conflicts_of_interest: super::conflicts::OwnConflictsPage;
    what_waits_about_conflicts_of_interest: super::conflicts::WaitingPage;
    a_colleagues_conflicts_of_interest: super::conflicts::ColleaguePage;
    a_conflict_of_interest_to_lift: super::conflicts::LiftPage;
    unusual_reading: super::unusual::UnusualPage;
    a_view_that_stands_out: super::unusual::UnusualViewPage;
    ones_own_account: super::account::AccountPage;
    the_page_of_what_to_do_now: super::flow::NowPage;
    the_first_page: super::flow::StartPage;
    the_page_of_a_question: super::flow::QuestionPage;
    the_page_of_items: super::flow::ItemsPage;
    the_page_of_an_item: super::flow::ItemPage;
    the_task_list: super::flow::TasksPage;
    the_answers_to_check: super::flow::CheckPage;
    the_result: super::flow::ResultPage;
    the_page_to_record_on: super::flow::RecordPage;
    the_short_form: super::flow::NotSharingPage;
    talking_it_through: super::flow::TalkPage;
    my_work: super::work::WorkPage;
    matters: super::matters::MattersPage;
    a_matter: super::matters::MatterPage;
    unattended_matters: super::unattended::UnattendedPage;
    an_unattended_matter_to_hand_on: super::unattended::HandOnPage;
    somebody_looked_up: super::people::FindPage;
    a_person: super::people::PersonPage;
    a_protected_address: super::people::AddressPage;
    who_has_read_a_person: super::people::ReadersPage;
    emergency_access_begun: super::emergency::BeginPage;
    oversight: super::oversight::OversightPage;
    all_emergency_access: super::oversight::EmergenciesPage;
    emergency_access_reviewed: super::oversight::EmergencyPage;
    decisions_on_confidential_information: super::oversight::ConfidentialPage;
    who_a_matter_is_opened_to: super::involving::InvolvePage;
    a_recorded_decision: super::decisions::DecisionPage;
    a_decision_replayed: super::decisions::ReplayPage;
    what_is_kept_and_destroyed: super::retention::RetentionPage;
    a_new_legal_hold: super::retention::NewHoldPage;
    a_legal_hold: super::retention::HoldPage;
    what_would_be_destroyed: super::retention::DestroyPage;
    a_certificate_of_destruction: super::retention::CertificatePage;
    the_organisation: super::organisation::OrganisationPage;
    the_members: super::organisation::MembersPage;
    an_invitation: super::organisation::InvitePage;
    a_link_to_hand_over: super::organisation::LinkPage;
    a_member: super::organisation::MemberPage;
    a_member_who_leaves: super::organisation::LeavePage;
    many_members: super::organisation::ImportPage;
    many_links: super::organisation::InvitedPage;
    the_teams: super::organisation::TeamsPage;
    a_team: super::organisation::TeamPage;
    who_answers_for_what: super::organisation::ResponsiblePage;
    partners: super::organisation::PartnersPage;
    what_the_organisation_is: super::organisation::ProfilePage;
    numbers_to_ring: super::organisation::ContactsPage;
    own_procedures: super::organisation::ProceduresPage;
    a_link_to_open: super::link::OpenLinkPage;
    a_welcome: super::link::WelcomePage;
    how_members_sign_in: super::organisation::SignInSettingsPage;
    the_contents_of_the_guidance: super::guidance::ContentsPage;
    the_search_of_the_guidance: super::guidance::SearchPage;
    the_pages_to_read: super::guidance::ReadingPage;
    the_law_register: super::guidance::RegisterPage;
    an_entry_of_the_law: super::guidance::EntryPage;
    the_stories_to_practise_on: super::practice::PracticePage;
    a_story_to_practise_on: super::practice::StoryPage;
}
